d=${XDG_RUNTIME_DIR:-/tmp}/.safeshell-@ID@
s=${SHELL##*/}
k=$s n=4 i=0 rung= v=
case $s in sh | dash | ash) k=sh ;; fish) n=2 ;; esac
plain() { trap - WINCH; rm -rf -- "$d"; printf "\033]7748;%s\007" "$1"; exec -a "-$s" "$SHELL"; }
trap "rm -rf -- \"$d\"" EXIT
case $k in
  sh) v=$BASH_VERSION ;;
  bash | fish) read -r v < <("$SHELL" --version 2>/dev/null) ;;
esac
v=${v#*version } v=${v%%[!0-9.]*}
case $k:$v in
  zsh:* | *:[6-9].* | *:[1-9][0-9].* | fish:[45].* | fish:3.[5-9]* | fish:3.[1-9][0-9]* | bash:5.[1-9]* | sh:5.[1-9]*) ;;
  *) plain "old;$s $v" ;;
esac
mkdir -m 700 -- "$d" || plain failed
mkfifo -m 600 -- "$d/rc" "$d/n.lo" "$d/n.li" "$d/n.bo" "$d/n.bi" "$d/n.t" "$d/go" && exec {g}<>"$d/go" && mkfifo -m 600 -- "$d/ready" || plain failed
trap "rung=1" WINCH
z=$(stty size 2>/dev/null)
printf "\033]7748;ready;@ID@;%s\007" "$k"
while [ "$n" -gt 0 ]; do
  if read -r -t 0.2 -u "$g" x; then n=$((n - 1)) i=0; continue; fi
  if [ -n "$rung" ]; then
    rung=
    if [ "$(stty size)" = "@BELL@" ]; then
      stty rows "${z% *}" cols "${z#* }"
      plain alone
    fi
  fi
  i=$((i + 1))
  if [ "$i" -ge @PATIENCE@ ]; then plain late; fi
done
trap - WINCH
exec {g}<&-
printf "\033]7748;follows;%s\007" "$s"
[ -e ~/.hushlogin ] || cat /run/motd.dynamic /etc/motd 2>/dev/null
export SAFESHELL_CHANNELS="$d/n"
case $k in
  bash) exec "$SHELL" --rcfile "$d/rc" -i ;;
  sh) exec bash --rcfile "$d/rc" -i ;;
  fish) exec "$SHELL" -l -i -C "command cat \"$d/rc\" | source" ;;
esac
if [ -n "${ZDOTDIR+x}" ]; then export SAFESHELL_ZDOTDIR="$ZDOTDIR"; fi
export ZDOTDIR="$d"
exec "$SHELL" -i -l
