"""A handful of commands, enough to see what the bash reader makes of a line. Not the shipped packs."""

from __future__ import annotations

from safeshell.policy.packs import load_packs

PACK = """
pack: tools
version: 1
title: Tools for the reader's tests
commands:
  - name: rm
    options: {"-r -R --recursive": flag, "-f --force": flag}
    operands: "file..."
    rules:
      - {id: rm.files, effect: destroys_data, on: [file], recursive: [-r], reason: removes files,
         examples: ["rm a"], counter_examples: ["rm --help"]}
  - names: [touch, tee]
    options: {"-a": flag}
    operands: "file..."
    rules:
      - {id: touch.files, effect: writes, on: [file], reason: writes files,
         examples: ["touch a"], counter_examples: ["touch --help"]}
  - names: [ls, echo, cat, grep, man, test, "[", printf, find, date, make]
    operands: "word..."
  - names: [shutdown, reboot]
    rules:
      - {id: shutdown.now, effect: halts_host, reason: stops the machine,
         examples: ["shutdown"], counter_examples: ["shutdown --help"]}
  - names: [sh, bash]
    style: posix
    options: {"-c": flag, "-x": flag}
    operands: "script argument..."
    wraps:
      - {text: script, when: {option: -c}}
      - {file: script, when: {no_option: -c}}
      - {stdin: bash, when: [{no_option: -c}, {count: {slot: script, max: 0}}, {piped: true}]}
      - {interactive: true, when: [{no_option: -c}, {count: {slot: script, max: 0}}, {not: {piped: true}}]}
  - names: [sudo, env, nohup]
    style: posix
    options: {"-u": value, "-E": flag}
    operands: "command..."
    assignments: true
    wraps:
      - {argv: command}
  - name: xargs
    style: posix
    options: {"-0": flag, "-I": value}
    operands: "command..."
    wraps:
      - {argv: command, appended: true, placeholder: -I}
  - name: ssh
    style: posix
    options: {"-p": value}
    operands: "destination command..."
    place: {kind: host, name: destination}
    wraps:
      - {text: command}
  - name: psql
    options: {"-c": value, "-h": value}
    operands: "[database]"
    place: {kind: database, name: -h}
    wraps:
      - {text: -c, language: postgres}
      - {stdin: postgres, when: [{no_option: -c}, {piped: true}]}
"""


def make_knowledge():
    """The pack above, compiled."""
    return load_packs({"tools.yaml": PACK})
