# SPDX-License-Identifier: GPL-2.0-or-later
"""Labs out of network namespaces: real daemons, real Linux hosts, no traffic outside.

topo        what a lab consists of, as data
topologies  the labs we have
keeper      the process that builds a lab, minds its daemons, and takes it down
lab         a running lab, as its users (lab/lab, lab/demo, tests/net) see it
netns       namespaces: run, open sockets in, wire up
peers       other people's BGP speakers: configuration and invocation
speaker     a BGP speaker of our own that says what it is told, however wrong
capture     packets on a port, counted and dissected
frames      what hosts and hypervisors send: ARP, ND, RARP
wait        waiting for things to become so
"""
