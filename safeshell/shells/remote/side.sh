printf "@MARK@"
d=${XDG_RUNTIME_DIR:-/tmp}/.safeshell-@ID@
n=0
until [ -p "$d/ready" ]; do
  n=$((n + 1))
  [ "$n" -lt 80 ] || exit 1
  sleep 0.1 || sleep 1
done
@DO@
