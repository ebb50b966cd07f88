#!/bin/sh
# See that the page's tests find a Chromium and Chinese fonts: what is installed, else apt as root, else Playwright's own.
set -u
cd "$(dirname "$0")/.." || exit 2

# `--version` too: Ubuntu's chromium-browser can be a stub that only points at a snap.
system_chromium() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        "$name" --version >/dev/null 2>&1 && return 0
    done
    return 1
}

own_chromium() {
    .venv/bin/python - <<'PY'
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    sys.exit(not pathlib.Path(playwright.chromium.executable_path).exists())
PY
}

# Without fontconfig (macOS, Windows) the system brings its own Chinese fonts.
chinese_fonts() { ! command -v apt-get >/dev/null || [ -n "$(fc-list :lang=zh 2>/dev/null)" ]; }

missing=
system_chromium || own_chromium || missing=chromium
chinese_fonts || missing="$missing fontconfig fonts-noto-cjk"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "为页面测试安装：$missing ……"
    # shellcheck disable=SC2086 # a list of packages
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
        >.venv/browser.log 2>&1 || echo "apt 安装没有成功，详情见 .venv/browser.log。" >&2
fi

if ! system_chromium && ! own_chromium; then
    echo "为页面测试下载 Playwright 的 Chromium ……"
    .venv/bin/python -m playwright install chromium >>.venv/browser.log 2>&1 || {
        echo "页面测试缺少浏览器：请安装 Chromium（Debian、Ubuntu：sudo apt install chromium）后重试。" >&2
        exit 2
    }
fi

chinese_fonts || {
    echo "页面测试缺少中文字体：请安装（Debian、Ubuntu：sudo apt install fontconfig fonts-noto-cjk）后重试。" >&2
    exit 2
}
