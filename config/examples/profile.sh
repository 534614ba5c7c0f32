# Example for /etc/profile.d/safeshell.sh: a guarded session for people whose login shell is bash and stays
# bash. Weaker than safeshell-login: it is over with `exec bash --norc`, and commands given to ssh do not come
# by here. Remove the file and it is gone.
case $- in
  *i*)
    if [ -n "${BASH_VERSION-}" ] && [ -z "${SAFESHELL_SESSION-}" ] && [ -t 0 ] && [ -t 1 ] &&
      [ -x /usr/local/bin/safeshell ] && [ ! -e /etc/safeshell/break-glass ]; then
      /usr/local/bin/safeshell --login && exit
      # It did not end well: the shell that you have opens behind it.
    fi
    ;;
esac
