#!/usr/bin/env bash
# Ray 2.60.0 prints what went wrong in a cluster on the standard output of the program that joined
# it, among its answers, although the program asked for none of it: log_to_driver=False,
# logging_level=ERROR. A program whose output is read by another one has to know.
#
# Not Burnish: this script runs Ray alone. It fails where that is not so any more.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q ray==2.60.0
cat > "$folder/try.py" <<'PY'
import logging, os, time
import ray

ray.init(num_cpus=1, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)


@ray.remote
class Mortal:
    def die(self):
        os._exit(1)


try:
    ray.get(Mortal.remote().die.remote())
except ray.exceptions.RayActorError:
    pass
time.sleep(10)
print("the answer")
PY
RAY_USAGE_STATS_ENABLED=0 "$folder/venv/bin/python" "$folder/try.py" > "$folder/out" 2> "$folder/err"
echo "--- standard output of a program that prints 'the answer':"
cut -c1-120 "$folder/out"
test "$(tail -1 "$folder/out")" = "the answer"
if [ "$(cat "$folder/out")" = "the answer" ]; then
    echo "Ray keeps standard output to the program now"
    exit 1
fi
