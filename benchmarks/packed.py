"""What `lm_eval run --model hf` would do with a base in 4 bits, which its arguments cannot load with transformers 5.

python -m benchmarks.packed SPEC ADAPTER --tasks A,B --limit N --batch_size N: the base as JSON, the adapter's folder
or "". Run by benchmarks.several.
"""

from __future__ import annotations

import argparse
import json


def main() -> None:
    """Load by transformers and PEFT, as lm-eval's users have to, and let lm-eval evaluate and print its table."""
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager
    from lm_eval.utils import make_table

    from benchmarks.sides import load_stock
    from phingpt_bench.core.paths import share
    from phingpt_bench.models.base_spec import BaseSpec

    parser = argparse.ArgumentParser()
    parser.add_argument("spec", type=json.loads)
    parser.add_argument("adapter")
    parser.add_argument("--tasks", type=lambda names: names.split(","))
    parser.add_argument("--limit", type=int)
    parser.add_argument("--batch_size", type=int)
    args = parser.parse_args()
    model, tokenizer = load_stock(BaseSpec(**args.spec), args.adapter or None)
    lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=args.batch_size)
    manager = TaskManager(include_path=str(share("tasks")))
    results = simple_evaluate(model=lm, tasks=args.tasks, num_fewshot=0, limit=args.limit, task_manager=manager)
    print(make_table(results))


if __name__ == "__main__":
    main()
