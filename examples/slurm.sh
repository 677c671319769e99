#!/usr/bin/env bash
# A suite in 16 parts as a SLURM job array, one GPU each:  sbatch examples/slurm.sh my-suite.yaml
# When all are done:  phingpt-bench leaderboard results/my-suite     (the parts share one results folder)
# Without a shared disk give each part its own --results, and join them with `phingpt-bench merge`.
#SBATCH --job-name=phingpt-bench
#SBATCH --array=1-16
#SBATCH --gpus-per-task=1
#SBATCH --cpus-per-task=4
#SBATCH --time=08:00:00
#SBATCH --requeue
set -euo pipefail
export OMP_NUM_THREADS="${SLURM_CPUS_PER_TASK:-4}"
export PHINGPT_BENCH_DATA="${PHINGPT_BENCH_DATA:-$HOME/phingpt-data}"   # a mirror: phingpt-bench data pull
export HF_HUB_OFFLINE=1                                                # nodes without a network; bases are in the cache
phingpt-bench run "${1:?a suite}" --cells "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --quiet
