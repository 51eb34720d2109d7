#!/bin/sh
# 有据：在没有网络的机器上安装。只需要 Python（与制作安装包时同一个小版本）。用法：
#   sh install.sh [--python 路径] [--no-samples] [--llm]        --llm：以后要用语言模型改写回答
set -eu
cd "$(dirname "$0")"

PYTHON=""
SAMPLES=1
LLM=""
while [ $# -gt 0 ]; do
    case "$1" in
        --python) PYTHON="${2:?--python 之后要写 Python 的路径}"; shift 2 ;;
        --no-samples) SAMPLES=0; shift ;;
        --llm) LLM="-r requirements-llm.txt"; shift ;;
        *) echo "不认识的参数 $1。用法：sh install.sh [--python 路径] [--no-samples] [--llm]" >&2; exit 2 ;;
    esac
done
if [ ! -f wheels/PYTHON ]; then
    echo "错误：没有 wheels/PYTHON，这不是完整的安装包。请在能联网的机器上运行 make bundle，把整个文件夹拷来。" >&2
    exit 2
fi
WANTED=$(cat wheels/PYTHON)
ABOUT='import platform, sys; print("%d.%d %s %s" % (*sys.version_info[:2], sys.platform, platform.machine()))'

if [ -z "$PYTHON" ]; then
    for candidate in "python${WANTED%% *}" python3 python; do
        if [ "$("$candidate" -c "$ABOUT" 2>/dev/null || true)" = "$WANTED" ]; then PYTHON="$candidate"; break; fi
    done
fi
if [ -z "$PYTHON" ] || [ "$("$PYTHON" -c "$ABOUT" 2>/dev/null || true)" != "$WANTED" ]; then
    echo "错误：安装包要用的是 Python ${WANTED}，没有找到。请装好它，或用 --python 指明它在哪里；系统不同时请在同样的系统上重做安装包。" >&2
    exit 2
fi

echo "核对文件 …"
"$PYTHON" - <<'CHECK'
import hashlib, pathlib, sys
bad = []
for line in pathlib.Path("SHA256SUMS").read_text("utf-8").splitlines():
    digest, name = line.split("  ", 1)
    path = pathlib.Path(name)
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        bad.append(name)
if bad:
    sys.exit(f"错误：{len(bad)} 个文件缺失或与制作时不同（{bad[0]} 等）。请重新拷贝安装包。")
CHECK

echo "建立虚拟环境 .venv …"
"$PYTHON" -m venv --clear --without-pip .venv
# 不必有 ensurepip：用安装包里的 pip
PIP=$(ls wheels/pip-*.whl)
echo "安装依赖 …"
PYTHONPATH="$PIP" .venv/bin/python -m pip install --quiet --no-index --find-links wheels --no-cache-dir -r requirements-serve.txt $LLM

if [ "$SAMPLES" = 1 ] && [ ! -e data ]; then
    echo "为随附的样例报告建立索引 …"
    .venv/bin/python -m index add reports --data data
fi
echo "检查 …"
.venv/bin/python app.py doctor || { echo "装好了，但上面标“坏”的几处要先处理。" >&2; exit 1; }
echo "装好了。启动：cd '$(pwd)' && .venv/bin/python app.py"
