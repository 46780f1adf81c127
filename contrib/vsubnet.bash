# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion for vsubnet(1): the running daemon says what fits.

_vsubnet()
{
	local cur=${COMP_WORDS[COMP_CWORD]} i
	local -a sock=() words=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | --socket)
			if ((i + 1 == COMP_CWORD)); then
				mapfile -t COMPREPLY < <(compgen -f -- "$cur")
				return
			fi
			sock=(-s "${COMP_WORDS[++i]}")
			;;
		-*) ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
	done
	case $cur in
	-*) mapfile -t COMPREPLY < <(compgen -W '--socket --json --version --help' -- "$cur") ;;
	*) mapfile -t COMPREPLY < <(vsubnet "${sock[@]}" -- completions "${words[@]}" "$cur" \
		2>/dev/null) ;;
	esac
}
complete -F _vsubnet vsubnet
