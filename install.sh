#!/bin/sh
# Installs safeshell. It never changes your login shell, and no file of yours without saying so.
#
#   ./install.sh --demo        try it: a guarded production shell in a throwaway directory; nothing else is touched
#   ./install.sh               for you: the commands in ~/.local/bin
#   sudo ./install.sh --system for everybody: the commands in /usr/local/bin, an example in /etc/safeshell
#   ./install.sh --uninstall   take it away again (with --system: the one for everybody)
#
# Needs Python 3.11 or newer (PYTHON=/path/to/python3 chooses one) and, once, the package index for
# its dependencies. Asks nothing, so it can run in a script.
set -eu

say() { printf 'install.sh: %s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0"; }

mode=user action=install
for word in "$@"; do
  case $word in
    --demo) action=demo ;;
    --system) mode=system ;;
    --uninstall) action=uninstall ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option: $word" ;;
  esac
done

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
if [ "$mode" = system ]; then
  [ "$(id -u)" = 0 ] || fail "--system writes to /usr/local and /etc: run it as root (sudo ./install.sh --system)"
  share=/usr/local/lib/safeshell bin=/usr/local/bin
else
  [ -n "${HOME:-}" ] || fail "HOME is not set; give --system, or set HOME"
  share=${XDG_DATA_HOME:-$HOME/.local/share}/safeshell bin=$HOME/.local/bin
fi
[ "$action" = demo ] && share=${XDG_CACHE_HOME:-$HOME/.cache}/safeshell/demo

# The commands that this version brings; only links and launchers that we made are ever removed.
commands="safeshell"

uninstall() {
  for command in $commands; do
    if [ -f "$bin/$command" ] && grep -q "installed by safeshell's install.sh" "$bin/$command" 2>/dev/null; then
      rm -f -- "$bin/$command"
      say "removed $bin/$command"
    fi
  done
  if [ -d "$share/venv" ]; then
    rm -rf -- "$share/venv"
    rmdir -- "$share" 2>/dev/null || true
    say "removed $share/venv"
  fi
  say "kept: your configuration (~/.config/safeshell, /etc/safeshell) and the audit (~/.local/state/safeshell)"
}

find_python() {
  for candidate in ${PYTHON:+"$PYTHON"} python3.14 python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  fail "no Python 3.11 or newer found; install one, or name it: PYTHON=/path/to/python3 ./install.sh"
}

# Built from a copy, so that the clone stays as it is.
install_into() {
  python=$(find_python)
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python cannot make virtual environments (Debian, Ubuntu: apt install python3-venv)"
  work=$(mktemp -d)
  trap 'rm -rf -- "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir "$work/source"
  (cd "$here" && tar cf - --exclude=__pycache__ pyproject.toml README.md LICENSE safeshell config) |
    (cd "$work/source" && tar xf -)
  mkdir -p -- "$share"
  rm -rf -- "$share/venv.new"
  say "installing into $share/venv (Python: $python)"
  "$python" -m venv "$share/venv.new"
  "$share/venv.new/bin/python" -m pip install --quiet --disable-pip-version-check "$work/source" ||
    { rm -rf -- "$share/venv.new"; fail "pip could not install it; the lines above say why; nothing was changed"; }
  # A virtual environment knows its own path, so the finished one is made anew in place.
  rm -rf -- "$share/venv"
  mv -- "$share/venv.new" "$share/venv"
  "$python" -m venv --upgrade "$share/venv" >/dev/null
  rm -rf -- "$work"
  trap - EXIT
}

# The launcher leaves out what a guard must not heed (PYTHONPATH, user site) and what it need not wait for.
write_launcher() {
  command=$1 module=$2 target=$3
  site=$("$share/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  interpreter=$share/venv/bin/python
  mkdir -p -- "$(dirname -- "$target")"
  if [ -e "$target" ] && ! grep -q "installed by safeshell's install.sh" "$target" 2>/dev/null; then
    fail "$target exists and is not ours: move it away first; nothing was changed there"
  fi
  new=$target.new.$$
  {
    case $interpreter in
      *[[:space:]]*)
        # A path with blanks cannot stand behind #!; sh reads the next line as exec, Python as a string.
        printf "#!/bin/sh\n'''exec' \"%s\" -IS \"\$0\" \"\$@\"\n' '''\n" "$interpreter"
        ;;
      *) printf '#!%s -IS\n' "$interpreter" ;;
    esac
    printf '# %s: installed by safeshell'"'"'s install.sh\nimport sys\n' "$command"
    printf 'sys.path.append(%s)\n' "$("$interpreter" -c 'import sys; print(repr(sys.argv[1]))' "$site")"
    printf 'from %s import main\nsys.exit(main())\n' "$module"
  } >"$new"
  chmod 755 "$new"
  mv -f -- "$new" "$target"
}

case $action in
  uninstall)
    uninstall
    ;;
  demo)
    stamp=$(cd "$here" && find pyproject.toml safeshell config -type f ! -name '*.pyc' -exec cksum {} + | sort | cksum)
    if [ "$(cat "$share/stamp" 2>/dev/null)" != "$stamp" ]; then
      install_into
      write_launcher safeshell safeshell.cli.main "$share/safeshell"
      printf '%s\n' "$stamp" >"$share/stamp"
    fi
    say "installed for the demo in $share; remove that directory whenever you like"
    exec "$share/safeshell" demo
    ;;
  install)
    install_into
    write_launcher safeshell safeshell.cli.main "$bin/safeshell"
    say "installed $bin/safeshell"
    if [ "$mode" = system ]; then
      mkdir -p /etc/safeshell
      cp -- "$here/config/safeshell.yaml" /etc/safeshell/config.yaml.example
      say "an example with every key: /etc/safeshell/config.yaml.example (it does nothing until you copy it to config.yaml)"
    fi
    case ":$PATH:" in
      *":$bin:"*) ;;
      *) say "$bin is not in your PATH; add it, or call $bin/safeshell" ;;
    esac
    say "next: safeshell doctor (proves that it blocks), safeshell demo (shows how), safeshell (your shell, guarded)"
    ;;
esac
