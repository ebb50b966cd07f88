#!/bin/sh
# Install from this folder, without network: sh install.sh [FOLDER]
set -u
export PYTHONUTF8=1
unset YINDE_LIBRARY YINDE_MODEL PYTHONPATH PYTHONHOME

stop() {
    printf '错误：%s\n' "$*" >&2
    exit 2
}

case ${1:-} in -*) stop "用法：sh install.sh [安装到哪个文件夹]" ;; esac
[ "$#" -le 1 ] || stop "用法：sh install.sh [安装到哪个文件夹]"
target=${1:-${HOME:?}/yinde}
mkdir -p "$target" 2>/dev/null || stop "建不成文件夹 $target：请换一个有写权限的位置。"
target=$(cd "$target" && pwd -P) || stop "进不去 $target：请换一个有写权限的位置。"
[ -w "$target" ] || stop "不能写入 $target：请换一个有写权限的位置。"
cd "$(dirname "$0")" || exit 2
venv=$target/.venv
log=$target/install.log

[ "$(uname -s) $(uname -m)" = '@SYSTEM@ @MACHINE@' ] ||
    stop "这个包只用于 @SYSTEM@ @MACHINE@，这台机器是 $(uname -s) $(uname -m)：请在同样的机器上另做一个包。"

fits() { "$1" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "@PYTHON@")' 2>/dev/null; }
python=
for name in ${PYTHON:+"$PYTHON"} python@PYTHON@ python3; do
    if fits "$name"; then python=$name; break; fi
done
[ -n "$python" ] || stop "需要 Python @PYTHON@（现有：$(python3 --version 2>/dev/null || echo 无）)：装好后重试，或用 PYTHON=/路径/python3 指明；版本不同的，请用那个版本另做一个包。"

[ -f SHA256SUMS ] || stop "缺少 SHA256SUMS：这个包没有做完或没有拷完整，请重新制作或拷贝。"
echo "核对文件……"
"$python" - <<'END' || exit 2
import hashlib, os, sys

told = {}
for line in open("SHA256SUMS", encoding="utf-8"):
    digest, name = line.rstrip("\n").split("  ", 1)
    told[name] = digest
shown = sys.stderr.isatty()
for done, (name, digest) in enumerate(told.items(), start=1):
    if shown:
        print(f"\r  {done}/{len(told)}", end="", file=sys.stderr)
    try:
        with open(name, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        sys.exit(f"错误：缺少 {name}，或读不出来：没有拷完整，请重新拷贝这个包。")
    if found != digest:
        sys.exit(f"错误：{name} 与制作时不同：拷贝出错或被改动过，请重新拷贝这个包。")
for name in sorted(os.listdir("wheels")):
    if f"wheels/{name}" not in told:
        sys.exit(f"错误：wheels 里多出 {name}，不是这个包里的：请删去后重试。")
if shown:
    print("\r\033[K", end="", file=sys.stderr)
END

free=$(df -Pk "$target" | awk 'NR == 2 { print int($4 / 1048576) }')
[ "$free" -ge @NEEDED@ ] || stop "磁盘空间不足：$target 所在磁盘只剩 $free GB，安装需要 @NEEDED@ GB。请清理后重试。"
trap 'stop "安装被中断；重新运行同一条命令即可恢复。"' INT TERM

echo "安装到 $target（过程记在 $log）……"
"$python" -m venv --clear --without-pip "$venv" >"$log" 2>&1 ||
    stop "建不成 $venv：$(tail -n 1 "$log")（Debian、Ubuntu 可能要先装 python3-venv 软件包）"
count=$(ls wheels | wc -l)
show() {
    number=0
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$log"
        [ -t 1 ] || continue
        case $line in
        Processing*) number=$((number + 1)); printf '\r\033[K  %s/%s' "$number" "$count" ;;
        Installing\ collected*) printf '\r\033[K  写入磁盘，约一分钟……' ;;
        esac
    done
    [ -t 1 ] && printf '\r\033[K'
    return 0
}
rm -f "$venv/pip-ok"
# --isolated: no setting of this machine's pip leads it elsewhere.
{ "$venv/bin/python" "$(echo wheels/pip-*.whl)/pip" --isolated --disable-pip-version-check --no-input install --no-cache-dir \
    --no-index --find-links wheels '@WANTED@' 2>&1 && : >"$venv/pip-ok"; } | show
if ! [ -e "$venv/pip-ok" ]; then
    grep -q 'No space left' "$log" && stop "磁盘空间不足：请清理 $target 所在的磁盘后重试。"
    stop "安装失败：$(grep -m1 ERROR "$log" || tail -n 1 "$log")（详情见 $log）。排除后重新运行即可。"
fi
rm -f "$venv/pip-ok"

echo "用示例文件试一次：准备模型、收录、检索，约一分钟……"
trial=$(mktemp -d "$target/trial.XXXXXX") || stop "不能写入 $target。"
trap 'rm -rf "$trial"' EXIT
"$venv/bin/yinde" --library "$trial/library" index sample >>"$log" ||
    stop "装好了，但收录示例文件失败（详情见 $log）。"
"$venv/bin/yinde" --library "$trial/library" search --k 1 加装电梯补助标准 || stop "装好了，但检索失败。"

if [ -d library-backup ]; then
    if [ -e "$target/library" ]; then
        echo "$target/library 已有文库，没有改动；包里的可用 yinde restore library-backup --to 文件夹 恢复。"
    else
        "$venv/bin/yinde" restore library-backup --to "$target/library" || stop "装好了，但文库没有恢复。"
        "$venv/bin/yinde" --library "$target/library" doctor || stop "文库恢复了，但检查没有通过。"
    fi
fi
echo "安装完成。启动网页：$venv/bin/yinde --library $target/library serve"
[ -d "$target/library" ] || echo "先收录资料：$venv/bin/yinde --library $target/library index 资料文件夹"
