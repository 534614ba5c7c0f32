# safeshell: how a bash gets hold of its channels. Read before anything of the person's.
#
# Five numbers: line out, line in, backstop out, backstop in, token.

# bash can't mark a descriptor close-on-exec on request. But it marks the copy in which it saves a
# redirected one, and a duplicate of that copy keeps the mark: no program started from this shell
# ever holds a channel. (Open to subshells all the same, which ask for their own commands.)
__safeshell_claim() { # FROM TO
  \builtin local saved
  \exec {saved}</dev/null
  \exec {saved}<&-
  \builtin eval "{ \\exec $2>&$saved; } $1<&-; \\exec $1<&-"
}

# What a line that may start a shell was given in the environment besides PROMPT_COMMAND: a zsh finds its
# hook by ZDOTDIR, a fish by XDG_DATA_DIRS. The person's own values stand in SAFESHELL_ZDOTDIR (where
# they had one) and SAFESHELL_DATA_DIRS meanwhile.
__safeshell_lend_places() {
  if [[ -n ${ZDOTDIR+x} ]]; then \builtin export SAFESHELL_ZDOTDIR="$ZDOTDIR"; fi
  \builtin export ZDOTDIR="${SAFESHELL_SESSION%/*}" SAFESHELL_DATA_DIRS="${XDG_DATA_DIRS-}"
  \builtin export XDG_DATA_DIRS="${SAFESHELL_HOOK%/bash/*}/fish/share:${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
}

__safeshell_take_places_back() {
  [[ -n ${SAFESHELL_DATA_DIRS+x} ]] || \builtin return 0
  if [[ -n ${SAFESHELL_ZDOTDIR+x} ]]; then ZDOTDIR=$SAFESHELL_ZDOTDIR; else \builtin unset ZDOTDIR; fi
  if [[ -n $SAFESHELL_DATA_DIRS ]]; then XDG_DATA_DIRS=$SAFESHELL_DATA_DIRS; else \builtin unset XDG_DATA_DIRS; fi
  \builtin unset SAFESHELL_ZDOTDIR SAFESHELL_DATA_DIRS
}

# A shell inside the session, started by hand, knocks at the session's door: named pipes in its
# private directory, which the guard opens and takes away again.
__safeshell_knock() { # DIRECTORY
  \builtin local base="$1/n.$BASHPID" door part a b c d e
  (umask 077 && \command mkfifo "$base.lo" "$base.li" "$base.bo" "$base.bi" "$base.t") 2>/dev/null || \builtin return 1
  \exec {door}<>"$1/nest" || \builtin return 1
  \builtin printf '%s\n' "$BASHPID" >&"$door"
  \exec {door}>&-
  \exec {a}>"$base.lo" {b}<"$base.li" {c}>"$base.bo" {d}<"$base.bi" {e}<"$base.t" || \builtin return 1
  __safeshell_claim "$a" 220
  __safeshell_claim "$b" 221
  __safeshell_claim "$c" 222
  __safeshell_claim "$d" 223
  __safeshell_claim "$e" 224
  __safeshell_channels=(220 221 222 223 224)
  \builtin read -r -N 32 -u 221 __safeshell_nonce
}
