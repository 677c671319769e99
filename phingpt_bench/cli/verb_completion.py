"""`phingpt-bench completion`: what bash, zsh and fish need to complete this program's command lines."""

from __future__ import annotations

import argparse
import os

from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "completion"
HELP = sentence("print the script that completes verbs, options and names in your shell")
EPILOG = sentence("""\
examples:
  eval "$(phingpt-bench completion bash)"             this shell; ~/.bashrc: all
  eval "$(phingpt-bench completion zsh)"              in ~/.zshrc after compinit
  phingpt-bench completion fish | source              config.fish: all shells

Completed are verbs, options and their values, and the names of suites, recipes,
tasks, engines, metrics and overrides; where none fits, files.
""")
WORDS = "PHINGPT_BENCH_WORDS"  # the words after the program's name, a line each, the last as far as it is typed
BASH = r"""# bash completion of phingpt-bench
_phingpt_bench() {
    local found word IFS=$'\n'
    COMPREPLY=()
    found=$(PHINGPT_BENCH_WORDS="${COMP_WORDS[*]:1:COMP_CWORD}" "${COMP_WORDS[0]}" completion words 2>/dev/null)
    for word in $found; do
        COMPREPLY+=("${word%%$'\t'*}")
    done
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace
    fi
}
complete -o bashdefault -o default -F _phingpt_bench phingpt-bench
"""
ZSH = r"""#compdef phingpt-bench
_phingpt_bench() {
    local line
    local -a found names
    found=("${(@f)$(PHINGPT_BENCH_WORDS="${(F)words[2,CURRENT]}" $words[1] completion words 2>/dev/null)}")
    for line in $found; do
        line=${line//:/\\:}
        names+=("${line/$'\t'/:}")
    done
    if (( $#names )); then
        _describe 'phingpt-bench' names
    else
        _files
    fi
}
if [[ $funcstack[1] == _phingpt_bench ]]; then
    _phingpt_bench "$@"
else
    compdef _phingpt_bench phingpt-bench
fi
"""
FISH = r"""# fish completion of phingpt-bench
function __phingpt_bench
    set -l typed (commandline -opc) (commandline -ct)
    set -l words $typed[2]
    for word in $typed[3..-1]
        set words $words\n$word
    end
    set -l found (PHINGPT_BENCH_WORDS=$words $typed[1] completion words 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c phingpt-bench -f -k -a '(__phingpt_bench)'
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments. The scripts ask for "words", which is of no use to people."""
    names = ", ".join(SCRIPTS)
    parser.add_argument(
        "shell", choices=(*SCRIPTS, "words"), metavar=say("SHELL"), help=say("one of {names}", names=names)
    )


def run(args: argparse.Namespace) -> int:
    """Print the script; for "words" the candidates of the words in $PHINGPT_BENCH_WORDS, each with its meaning; 0."""
    if args.shell != "words":
        print(SCRIPTS[args.shell], end="")
        return 0
    from phingpt_bench.cli.candidates import candidates
    from phingpt_bench.cli.main import VERBS

    for word, about in candidates(os.environ.get(WORDS, "").split("\n"), VERBS):
        print(f"{word}\t{about}" if about else word)
    return 0
