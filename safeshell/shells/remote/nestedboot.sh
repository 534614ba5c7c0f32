# safeshell: what opens the shell of a followed line, in the terminal that it was typed in, as the
# user that it belongs to. Its pipes stand in a private directory, whose names the shell takes away.
d='@DIR@' s='@PROGRAM@' l='@LOGIN@'
rm -f -- "$d/fresh"
# What started us has read the start files of a login shell, and the shell reads them again: it begins
# with the environment of before.
if [ -n "$l" ] && [ "$1" != again ] && [ "$(cat "/proc/$PPID/comm" 2>/dev/null)" = "${s##*/}" ] && command -v bash >/dev/null 2>&1; then
  exec bash --noprofile --norc -c 'mapfile -d "" -t e <"/proc/$PPID/environ" && exec env -i "${e[@]}" sh "$0" again; exec sh "$0" again' "$0"
fi
if [ ! -r "$d/n.li" ] || [ ! -w "$d/n.lo" ]; then
  printf 'safeshell: the guard cannot be reached from there: this shell is UNGUARDED\n' >&2
  if [ -n "$l" ]; then exec "$s" -l; else exec "$s"; fi
fi
if [ -n '@OTHER@' ]; then unset SAFESHELL_SESSION SAFESHELL_HOOK SAFESHELL_GUARD SAFESHELL_CLIENTS; fi
SAFESHELL_CHANNELS=$d/n SAFESHELL_LOGIN=${l:-0}
export SAFESHELL_CHANNELS SAFESHELL_LOGIN
if [ "${s##*/}" = bash ]; then exec "$s" --rcfile "$d/rc" -i; fi
unset SAFESHELL_LOGIN
if [ "${s##*/}" = fish ]; then
  if [ -n "$l" ]; then exec "$s" -l -i -C "source $d/rc"; else exec "$s" -i -C "source $d/rc"; fi
fi
if [ -n "${ZDOTDIR+x}" ]; then export SAFESHELL_ZDOTDIR="$ZDOTDIR"; fi
export ZDOTDIR="$d"
if [ -n "$l" ]; then exec "$s" -i -l; else exec "$s" -i; fi
