umask 077
u='@USER@' s='@SHELL@' me=$(id -u) t=
say() { printf '\n%s%s\n' '@MARK@' "$1"; exit 0; }
if [ -n "$u" ]; then t=$(id -u -- "$u" 2>/dev/null) || say "there is no user $u"; else t=$me; fi
if [ -z "$s" ] && [ -z "$u" ]; then s=$SHELL; fi
if [ -z "$s" ]; then
  line=$(getent passwd "$u" 2>/dev/null || grep "^$u:" /etc/passwd 2>/dev/null) || say "nobody knows the shell of $u"
  s=${line##*:}
fi
p=$s
s=$(command -v -- "$p") || say "there is no ${p##*/}"
case ${s##*/} in bash | zsh | fish) ;; *) say "the shell there is ${s##*/}" ;; esac
for b in @PLACES@; do
  d=$b/.safeshell-@ID@
  if mkdir -- "$d" 2>/dev/null; then break; fi
  d=
done
[ -n "$d" ] || say 'no private directory could be made there'
no() { rm -rf -- "$d"; say "$1"; }
cd -- "$d" && mkfifo n.lo n.li n.bo n.bi n.t || no 'no named pipes could be made there'
sed "s|@DIR@|$d|g; s|@PROGRAM@|$s|g" >boot <<'SAFESHELL_END_OF_BOOT' || no 'nothing could be written there'
@BOOT@
SAFESHELL_END_OF_BOOT
case ${s##*/} in
bash)
cat >rc <<'SAFESHELL_END_OF_RC' || no 'nothing could be written there'
@BASH@
SAFESHELL_END_OF_RC
;;
fish)
cat >rc <<'SAFESHELL_END_OF_RC' || no 'nothing could be written there'
@FISH@
SAFESHELL_END_OF_RC
;;
zsh)
@ZSH@
;;
esac
: >fresh
case $t in
  0 | "$me") ;;
  *)
    if [ "$me" = 0 ]; then chown -R -- "$t" "$d" || no "nothing can be given to $u"
    elif [ -n '@GRANTED@' ]; then :
    elif command -v setfacl >/dev/null 2>&1; then setfacl -R -m "u:$t:rwX" -- "$d" || no "nothing can be given to $u"
    elif command -v python3 >/dev/null 2>&1; then
      python3 -IS - "$t" "$d" <<'SAFESHELL_END_OF_GRANT' || no "nothing can be given to $u"
@GRANT@
SAFESHELL_END_OF_GRANT
    else no "nothing can be given to $u without setfacl or python3"; fi ;;
esac
say "ok $me $t $s $d"
