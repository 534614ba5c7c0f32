# safeshell: the start files of a login sh, for the bash that stands in its place: the profiles, then
# the file that ENV names, which an interactive sh reads.
\builtin shopt -s expand_aliases
\builtin unset SAFESHELL_LOGIN
if [[ -r /etc/profile ]]; then \builtin . /etc/profile; fi
if [[ -r ~/.profile ]]; then \builtin . ~/.profile; fi
\builtin eval "__safeshell_env=\"${ENV-}\""
if [[ -r $__safeshell_env ]]; then \builtin . "$__safeshell_env"; fi
\builtin unset __safeshell_env
