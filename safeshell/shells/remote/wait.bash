d=${XDG_RUNTIME_DIR:-/tmp}/.safeshell-@ID@
s=${SHELL##*/}
plain() { rm -rf -- "$d"; printf "\033]7748;%s\007" "$1"; exec -a "-$s" "$SHELL"; }
trap "rm -rf -- \"$d\"" EXIT
u=$(umask)
umask 077
mkdir -- "$d" || plain failed
mkfifo -- "$d/rc" "$d/n.lo" "$d/n.li" "$d/n.bo" "$d/n.bi" "$d/n.t" "$d/go" && exec {g}<>"$d/go" && mkfifo -- "$d/ready" || plain failed
umask "$u"
printf "\033]7748;ready;@ID@;%s\007" "$s"
for i in 1 2 3 4; do read -r -t 6 -u "$g" x || plain alone; done
exec {g}<&-
printf "\033]7748;follows\007"
[ -e ~/.hushlogin ] || cat /run/motd.dynamic /etc/motd 2>/dev/null
export SAFESHELL_CHANNELS="$d/n"
if [ "$s" = bash ]; then exec "$SHELL" --rcfile "$d/rc" -i; fi
if [ -n "${ZDOTDIR+x}" ]; then export SAFESHELL_ZDOTDIR="$ZDOTDIR"; fi
export ZDOTDIR="$d"
exec "$SHELL" -i -l
