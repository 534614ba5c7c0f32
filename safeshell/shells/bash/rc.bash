# safeshell: bash reads this in place of ~/.bashrc. It claims the session's channels, reads the
# person's own start files in bash's order, and loads the hook last. Nothing of the person's changes.
#
# SAFESHELL_CHANNELS names three inherited descriptors: line, backstop, token.

\builtin shopt -u expand_aliases

# bash can't mark a descriptor close-on-exec on request. But it marks the copy in which it saves a
# redirected one, and a duplicate of that copy keeps the mark: no program started from this shell
# ever holds a channel. (Open to subshells all the same, which ask for their own commands.)
__safeshell_claim() { # FROM TO
  \builtin local saved
  \exec {saved}</dev/null
  \exec {saved}<&-
  \builtin eval "{ \\exec $2>&$saved; } $1<&-; \\exec $1<&-"
}

__safeshell_channels=($SAFESHELL_CHANNELS)
\builtin unset SAFESHELL_CHANNELS
for __safeshell_n in 0 1 2; do
  __safeshell_claim "${__safeshell_channels[__safeshell_n]}" $((__safeshell_channels[__safeshell_n] + 20))
  ((__safeshell_channels[__safeshell_n] += 20))
done
\builtin unset __safeshell_n
\builtin unset -f __safeshell_claim
\builtin read -r -N 32 -u "${__safeshell_channels[0]}" __safeshell_nonce

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
elif [[ -r ~/.bashrc ]]; then
  \builtin . ~/.bashrc
fi

\builtin . "${BASH_SOURCE[0]%/*}/hook.bash"
