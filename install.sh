#!/bin/sh
# Installs safeshell. It never changes your login shell, and writes nowhere but where it says so.
#
#   ./install.sh --demo        try it: a guarded production shell in a throwaway directory
#   ./install.sh               for you: the command in ~/.local/bin
#   sudo ./install.sh --system for everybody: the command and safeshell-login in /usr/local/bin, examples in
#                              /etc/safeshell; nobody's login shell changes (safeshell login enable does that)
#   ./install.sh --uninstall   take it away again (with --system: the one for everybody)
#
# Needs Linux, Python 3.11 or newer (PYTHON=/path/to/python3 chooses one) and the package index for
# its dependencies (pip's own settings count: PIP_INDEX_URL, PIP_FIND_LINKS, https_proxy). Asks nothing,
# so it can run in a script. Run it again to upgrade: sessions that are open keep the version they have.
set -eu

say() { printf 'install.sh: %s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,13s/^# \{0,1\}//p' "$0"; }

mode=user action=install
for word in "$@"; do
  case $word in
    --system) mode=system ;;
    --demo | --uninstall)
      [ "$action" = install ] || { usage >&2; fail "$word and --$action do not go together"; }
      action=${word#--}
      ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown option: $word" ;;
  esac
done

[ "$(uname -s)" = Linux ] || fail "safeshell is for Linux; this is $(uname -s)"
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s' "$2" ;; esac; }

if [ "$mode" = system ]; then
  [ "$action" != demo ] || { usage >&2; fail "--demo needs no --system: it is for you alone"; }
  [ "$(id -u)" = 0 ] || fail "--system writes to /usr/local and /etc: run it as root (sudo ./install.sh --system)"
  share=/usr/local/lib/safeshell bin=/usr/local/bin cache='' state=''
  umask 022
else
  [ -n "${HOME:-}" ] || fail "HOME is not set; set it, or give --system"
  if [ -n "${SUDO_USER:-}" ] && [ "$(id -u)" = 0 ] && [ "$(stat -c %u "$HOME")" != 0 ]; then
    fail "this is root in the home of $SUDO_USER: run it without sudo, or with --system for everybody"
  fi
  cache=$(absolute "${XDG_CACHE_HOME:-}" "$HOME/.cache")/safeshell
  state=${SAFESHELL_STATE_DIR:-$(absolute "${XDG_STATE_HOME:-}" "$HOME/.local/state")/safeshell}
  share=$(absolute "${XDG_DATA_HOME:-}" "$HOME/.local/share")/safeshell bin=$HOME/.local/bin
fi
if [ "$action" = demo ]; then
  [ -t 0 ] && [ -t 1 ] || fail "--demo opens a shell, so it needs a terminal; nothing was installed"
  share=$cache/demo bin=$cache/demo
fi
case $share$bin in
  *[\"\$\`\\]* | *'
'*) fail "the path $share holds one of \" \$ \` \\ or a line break: set XDG_DATA_HOME and HOME to plainer ones" ;;
esac

# The guarded clients; the module of safe-x is safeshell/cli/safex.py.
clients="safe-psql safe-ssh safe-redis-cli"

# Only what we made is ever replaced or removed.
mark="installed by safeshell's install.sh"
ours() { [ -f "$1" ] && grep -qF "$mark" "$1" 2>/dev/null; }

# Whether a guarded session still runs from a virtual environment; such a one loads parts of it later.
in_use() {
  "$1/bin/python" -IS -c '
import os, sys
prefix = os.fsencode(sys.argv[1]) + b"/"
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            if int(pid) != os.getpid() and file.read().startswith(prefix):
                sys.exit(0)
    except OSError:
        pass
sys.exit(1)' "$1" 2>/dev/null
}

# The virtual environments of a directory, one a line; "venv" is what an older installer made.
installed() {
  for found in "$1"/venv "$1"/venv-*; do
    if [ -d "$found" ]; then printf '%s\n' "$found"; fi
  done
}

remove_installed() {
  installed "$1" | while IFS= read -r found; do
    if in_use "$found"; then
      fail "a guarded session still runs from $found: leave it first, then run this again; nothing was removed there"
    fi
    rm -rf -- "$found"
    say "removed $found"
  done
}

# Nobody may be left with a login shell that is gone; a link like safeshell-login-zsh counts.
login_users() { getent passwd 2>/dev/null | awk -F: '$7 ~ "/safeshell-login(-[^/]*)?$" { print $1 }'; }

remove_login() {
  for found in "$bin"/safeshell-login-*; do
    if [ -L "$found" ] && [ "$(readlink "$found")" = safeshell-login ]; then
      rm -f -- "$found"
      say "removed $found"
    fi
  done
  if grep -q "^$bin/safeshell-login" /etc/shells 2>/dev/null; then
    kept=$(grep -v "^$bin/safeshell-login" /etc/shells || true)
    printf '%s\n' "$kept" >/etc/shells
    say "took safeshell-login out of /etc/shells"
  fi
}

uninstall() {
  if [ "$mode" = system ] && [ -n "$(login_users)" ]; then
    fail "safeshell-login is the login shell of $(login_users | paste -sd ' ' -): safeshell login disable gives the former ones back; nothing was removed"
  fi
  remove_installed "$share"
  [ "$mode" != system ] || remove_login
  if [ -n "$cache" ] && [ -d "$cache" ]; then
    remove_installed "$cache/demo"
    rm -rf -- "$cache"
    say "removed $cache"
  fi
  if ours "$bin/safeshell"; then
    rm -f -- "$bin/safeshell"
    say "removed $bin/safeshell"
  fi
  for name in safeshell-login $clients; do
    if ours "$bin/$name"; then
      rm -f -- "$bin/$name"
      say "removed $bin/$name"
    fi
  done
  rmdir -- "$share" 2>/dev/null || true
  if [ "$mode" = system ]; then
    rm -f -- /etc/safeshell/config.yaml.example /etc/safeshell/login.settings /etc/safeshell/login.former
    rm -rf -- /etc/safeshell/examples
    rmdir -- /etc/safeshell 2>/dev/null || true
    say "kept: /etc/safeshell with your configuration, and what people have in their homes"
  else
    # What can be made again goes; what is a record stays.
    rm -rf -- "$state/cache" "$state/last-good"
    rmdir -- "$state/run" "$state" 2>/dev/null || true
    say "kept, if you had them: your configuration (~/.config/safeshell), the audit and recordings ($state)"
  fi
}

usable() { command -v "$1" >/dev/null 2>&1 && "$1" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -I -c 'import ensurepip, venv' 2>/dev/null; }

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    usable "$PYTHON" || fail "PYTHON=$PYTHON is no Python 3.11 or newer"
    has_venv "$PYTHON" || fail "PYTHON=$PYTHON cannot make virtual environments: its venv and ensurepip modules are missing"
    command -v "$PYTHON"
    return
  fi
  bare=
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    usable "$candidate" || continue
    if has_venv "$candidate"; then
      command -v "$candidate"
      return
    fi
    bare=$candidate
  done
  [ -z "$bare" ] || fail "$bare cannot make virtual environments (Debian, Ubuntu: apt install python3-venv)"
  fail "no Python 3.11 or newer found; install one, or name it: PYTHON=/path/to/python3 ./install.sh"
}

pip_failed() {
  printf '%s\n' >&2 \
    "install.sh: pip could not install it: the lines above say why. Nothing was changed. It may help to say, before ./install.sh:" \
    "  behind a proxy:             https_proxy=http://proxy.example:3128" \
    "  with an index of your own:  PIP_INDEX_URL=https://pypi.example/simple" \
    "  without any network:        PIP_NO_INDEX=1 PIP_FIND_LINKS=/a/directory/of/wheels (setuptools among them)"
  exit 1
}

# Each version gets a virtual environment of its own, so a failure leaves the old one as it was. Built
# from a copy, so that the clone stays as it is.
install_into() {
  python=$(find_python)
  venv=$share/venv-$(date +%Y%m%d%H%M%S)-$$
  work=$(mktemp -d)
  trap 'rm -rf -- "$work" "$venv"; rmdir -- "$share" 2>/dev/null || true' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir "$work/source"
  (cd "$here" && tar cf - --exclude=__pycache__ pyproject.toml README.md LICENSE safeshell config) |
    (cd "$work/source" && tar xf -)
  say "installing into $venv (Python: $python); this takes a moment"
  mkdir -p -- "$share"
  "$python" -I -m venv "$venv"
  # A setting of pip's that sends packages elsewhere must not count in a virtual environment.
  PIP_USER=0 PIP_TARGET='' PIP_PREFIX='' PIP_ROOT='' "$venv/bin/python" -I -m pip install --quiet --no-input \
    --no-cache-dir --compile --disable-pip-version-check "$work/source" ||
    pip_failed
  rm -rf -- "$work"
}

# The launcher leaves out what a guard must not heed (PYTHONPATH, user site) and what it need not wait for.
write_launcher() {
  target=$1 interpreter=$venv/bin/python
  if [ -e "$target" ] && ! ours "$target"; then
    fail "$target exists and is not ours: move it away first; nothing was changed"
  fi
  mkdir -p -- "$(dirname -- "$target")"
  {
    if [ ${#interpreter} -gt 120 ] || [ "$interpreter" != "${interpreter#*[[:space:]]}" ]; then
      # Blanks, or more than a kernel reads behind #!: sh takes the next line as exec, Python as a string.
      printf "#!/bin/sh\n'''exec' \"%s\" -IS \"\$0\" \"\$@\"\n' '''\n" "$interpreter"
    else
      printf '#!%s -IS\n' "$interpreter"
    fi
    printf '# safeshell: %s\nimport sys\n' "$mark"
    "$interpreter" -I -c 'import sysconfig; print("sys.path.append(%r)" % sysconfig.get_path("purelib"))'
    printf 'from safeshell.cli.main import main\nsys.exit(main())\n'
  } >"$target.new.$$"
  chmod 755 "$target.new.$$"
  if ! "$target.new.$$" --version >/dev/null; then
    rm -f -- "$target.new.$$"
    fail "what was installed does not start, the lines above say why; nothing was changed"
  fi
  mv -f -- "$target.new.$$" "$target"
  trap - EXIT
}

# The guarded clients start as safeshell does; only the module differs. A name that is taken stays theirs.
write_clients() {
  for name in $clients; do
    target=$bin/$name
    if [ -e "$target" ] && ! ours "$target"; then
      say "$target exists and is not ours: it was left alone"
      continue
    fi
    module=$(printf '%s' "$name" | tr -d -)
    sed -e "s/safeshell\\.cli\\.main/safeshell.cli.$module/" "$bin/safeshell" >"$target.new.$$"
    chmod 755 "$target.new.$$"
    mv -f -- "$target.new.$$" "$target"
    say "installed $target"
  done
}

# The login shell: a script of sh, so that no Python stands between sshd and scp.
write_login() {
  target=$bin/safeshell-login
  if [ -e "$target" ] && ! ours "$target"; then
    say "$target exists and is not ours: it was left alone"
    return
  fi
  sed -e "2i# safeshell: $mark" -e "s|^safeshell_guard=.*|safeshell_guard=$bin/safeshell|" \
    "$here/safeshell/shells/login/safeshell-login" >"$target.new.$$"
  chmod 755 "$target.new.$$"
  mv -f -- "$target.new.$$" "$target"
  say "installed $target; it is nobody's login shell yet (safeshell login --help)"
}

remove_older() {
  installed "$share" | while IFS= read -r found; do
    if [ "$found" = "$venv" ]; then
      continue
    elif in_use "$found"; then
      say "kept $found: a session still runs from it; the next installation removes it"
    else
      rm -rf -- "$found"
      say "removed the version before, $found"
    fi
  done
}

case $action in
  uninstall)
    uninstall
    ;;
  demo)
    stamp=$(cd "$here" && find pyproject.toml safeshell config -type f ! -name '*.pyc' -exec cksum {} + | sort | cksum)
    if [ "$(cat "$share/stamp" 2>/dev/null)" != "$stamp" ] || [ ! -x "$share/safeshell" ]; then
      install_into
      write_launcher "$share/safeshell"
      remove_older
      printf '%s\n' "$stamp" >"$share/stamp"
      say "everything for the demo is in $share; ./install.sh --uninstall removes it"
    fi
    exec "$share/safeshell" demo
    ;;
  install)
    if [ -e "$bin/safeshell" ] && ! ours "$bin/safeshell"; then
      fail "$bin/safeshell exists and is not ours: move it away first; nothing was changed"
    fi
    install_into
    write_launcher "$bin/safeshell"
    say "installed $bin/safeshell"
    write_clients
    remove_older
    if [ "$mode" = system ]; then
      write_login
      mkdir -p /etc/safeshell
      cp -- "$here/config/safeshell.yaml" /etc/safeshell/config.yaml.example
      cp -R -- "$here/config/examples" /etc/safeshell/
      say "an example with every key: /etc/safeshell/config.yaml.example (it does nothing until you copy it to config.yaml)"
    else
      # Compiled now, so that the first prompt need not wait for it.
      "$bin/safeshell" check -- true >/dev/null || true
      say "compiled the packs into $state, where the audit will be, too"
    fi
    case ":$PATH:" in
      *":$bin:"*) call=safeshell ;;
      *)
        call=$bin/safeshell
        say "$bin is not in your PATH; best in your start file:"
        printf '  export PATH="%s:$PATH"\n' "$bin"
        ;;
    esac
    say "next:"
    printf '  %s\n' "$call doctor    proves that it blocks" "$call demo      shows how" "$call           your shell, guarded"
    ;;
esac
