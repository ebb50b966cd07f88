#!/bin/sh
# Make the offline bundle and install it with an empty home and no network: tests/bundle_run.sh FOLDER
# Then search and serve from what was installed. Needs some minutes, 4 GB, and Linux's unshare.
set -eu
cd "$(dirname "$0")/.."
folder=$1
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
rm -rf "$folder/home" "$folder/installed" "$folder/library"
mkdir "$folder/home"
started=$(date +%s)
.venv/bin/yinde bundle "$folder/bundle"
made=$(date +%s)
cat >"$folder/inside.sh" <<'END'
set -eu
"$PYTHON" - <<'PYTHON_END'
import fcntl, socket, struct
with socket.socket() as one:
    fcntl.ioctl(one, 0x8914, struct.pack("16sH14x", b"lo", 0x49))  # SIOCSIFFLAGS: up, running, loopback
PYTHON_END
sh bundle/install.sh installed
yinde="installed/.venv/bin/yinde --library library"
$yinde index bundle/sample >install-index.log
$yinde search --k 1 加装电梯补助标准 | grep -q 22万元
$yinde serve --port 7990 &
server=$!
trap 'kill -INT $server 2>/dev/null' EXIT
"$PYTHON" - <<'PYTHON_END'
import time, urllib.request

for _ in range(120):
    try:
        print(*(urllib.request.urlopen(f"http://127.0.0.1:7990/{name}").read().decode() for name in ("healthz", "readyz")))
        break
    except OSError:
        time.sleep(1)
else:
    raise SystemExit("the server did not answer within two minutes")
PYTHON_END
END
cd "$folder"
python=$(readlink -f "$OLDPWD/.venv/bin/python")
unshare -rn env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$folder/home" LANG=C.UTF-8 PYTHON="$python" sh inside.sh
echo "made in $((made - started)) s, installed and tried in $(($(date +%s) - made)) s, $(du -sm bundle | cut -f1) MB carried, $(du -sm installed | cut -f1) MB installed"
