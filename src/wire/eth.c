/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/eth.h"

#include "base/must.h"

enum {
	ETH_TYPE_FIRST = 0x0600, /* below, the field is an IEEE 802.3 length */
};

const struct mac eth_broadcast = {
	{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
};

static bool is_tag(uint16_t type)
{
	return type == ETH_TYPE_VLAN || type == ETH_TYPE_QINQ;
}

enum eth_fault eth_read(struct cur *c, struct eth *ret)
{
	struct eth e = { 0 };

	cur_copy(c, e.dst.b, sizeof(e.dst.b));
	cur_copy(c, e.src.b, sizeof(e.src.b));
	e.type = cur_u16(c);
	while (is_tag(e.type)) {
		if (e.n_tags == ETH_TAGS_MAX)
			return ETH_DEEP;
		e.tag[e.n_tags].tpid = e.type;
		e.tag[e.n_tags++].tci = cur_u16(c);
		e.type = cur_u16(c);
	}
	if (!cur_ok(c))
		return ETH_SHORT;
	if (e.type < ETH_TYPE_FIRST)
		return ETH_802_3;
	*ret = e;
	return ETH_OK;
}

void eth_write(struct wbuf *w, const struct eth *e)
{
	must(e->n_tags <= ETH_TAGS_MAX);
	wbuf_bytes(w, e->dst.b, sizeof(e->dst.b));
	wbuf_bytes(w, e->src.b, sizeof(e->src.b));
	for (unsigned i = 0; i < e->n_tags; i++) {
		wbuf_u16(w, e->tag[i].tpid);
		wbuf_u16(w, e->tag[i].tci);
	}
	wbuf_u16(w, e->type);
}

void eth_tag_set(struct eth *e, uint16_t vlan, uint16_t inner_vlan)
{
	e->n_tags = 0;
	if (vlan) {
		uint16_t tpid = inner_vlan ? ETH_TYPE_QINQ : ETH_TYPE_VLAN;

		e->tag[e->n_tags++] = (struct eth_tag){ tpid, vlan & ETH_VID_MASK };
	}
	if (inner_vlan)
		e->tag[e->n_tags++] =
			(struct eth_tag){ ETH_TYPE_VLAN, inner_vlan & ETH_VID_MASK };
}
