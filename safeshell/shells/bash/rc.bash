# safeshell: bash reads this in place of ~/.bashrc. It claims the session's channels, reads the
# person's own start files in bash's order, and loads the hook last. Nothing of the person's changes.
#
# SAFESHELL_CHANNELS names three inherited descriptors: line, backstop, token.

\builtin shopt -u expand_aliases
\builtin . "${BASH_SOURCE[0]%/*}/channels.bash"
__safeshell_channels=($SAFESHELL_CHANNELS)
\builtin unset SAFESHELL_CHANNELS
__safeshell_claim "${__safeshell_channels[0]}" 220
__safeshell_claim "${__safeshell_channels[1]}" 221
__safeshell_claim "${__safeshell_channels[2]}" 222
__safeshell_channels=(220 220 221 221 222)
\builtin read -r -N 32 -u 220 __safeshell_nonce

\builtin shopt -s expand_aliases
if [[ ${SAFESHELL_LOGIN-} == 1 ]]; then
  \builtin unset SAFESHELL_LOGIN
  if [[ -r /etc/profile ]]; then \builtin . /etc/profile; fi
  if [[ -r ~/.bash_profile ]]; then
    \builtin . ~/.bash_profile
  elif [[ -r ~/.bash_login ]]; then
    \builtin . ~/.bash_login
  elif [[ -r ~/.profile ]]; then
    \builtin . ~/.profile
  fi
  # bash itself runs this file only for shells that it started as login shells.
  if [[ -r ~/.bash_logout && -z $(\builtin trap -p EXIT) ]]; then \builtin trap '. ~/.bash_logout' EXIT; fi
  logout() { \builtin exit "$@"; }
elif [[ -r ~/.bashrc ]]; then
  \builtin . ~/.bashrc
fi

\builtin . "${BASH_SOURCE[0]%/*}/hook.bash"
