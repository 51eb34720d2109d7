# 有据：make run 启动网页，make test 运行测试，make help 列出全部命令。

# Python 3.11 或更高；不指定时依次寻找
PYTHON ?=
VENV ?= .venv
# 索引放在这里
DATA ?= data
# 要索引的报告：文件夹或文件，可以写多个
REPORTS ?= reports
HOST ?= 127.0.0.1
PORT ?= 7860
# PyTorch 官网给出的 CPU 版下载地址；给出时先装 CPU 版 torch，省下数 GB
TORCH_INDEX ?=
# make figures：另一份检出的代码（有自己的 .venv），与跑哪些开发集
BASE ?=
SETS ?=
# 离线安装包写在这里
BUNDLE ?= dist/youju

BIN := $(VENV)/bin
INDEXED := $(DATA)/meta.json
# pip 的解算结果 → 名字==版本，一行一个；带 CUDA 的 torch 要的 nvidia-*、triton 由 torch 自己写死，只在一种系统上有，不写
PINNED := import json, sys; print("\#", "make constraints 写的：requirements*.txt 带来的全部包。不要手改。"); \
	print(*sorted("%s==%s" % (one["metadata"]["name"].lower().replace("_", "-"), one["metadata"]["version"].partition("+")[0]) \
	for one in json.load(sys.stdin)["install"] if not one["metadata"]["name"].startswith(("nvidia", "triton", "cuda"))), sep="\n")
TORCH := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.txt)

.PHONY: help run index test lint figures constraints bundle clean
.DEFAULT_GOAL := help

help:
	@echo "make run     安装依赖，为 $(REPORTS)/ 建索引，在 http://$(HOST):$(PORT) 打开网页"
	@echo "make index   只建索引（已建好且报告没有变化时不重复）"
	@echo "make test    运行全部测试"
	@echo "make lint    检查代码风格与类型"
	@echo "make figures 把所有开发集跑一遍，写成 eval/results/figures.md；BASE=另一份检出的代码 时并排比较，SETS=seeds,speed 只跑这些"
	@echo "make constraints 改了 requirements*.txt 之后：把它们带来的全部包的版本写进 constraints.txt"
	@echo "make bundle  做成离线安装包 $(BUNDLE)/：拷到没有网络的机器上，运行其中的 install.sh"
	@echo "make clean   删除虚拟环境、索引与缓存"
	@echo "变量：PYTHON=python3.12  REPORTS=我的报告  DATA=data  PORT=7860  TORCH_INDEX=<CPU 版 torch 的下载地址>"

run: index
	@$(BIN)/python app.py --data "$(DATA)" --host "$(HOST)" --port "$(PORT)"

# 有索引、且报告都不比上次建索引时新，就直接用
index: $(VENV)/.installed
	@if [ -f "$(INDEXED)" ] && [ -f "$(DATA)/.indexed" ] && [ -z "$$(find $(REPORTS) -newer "$(DATA)/.indexed" -print -quit)" ]; then \
		echo "索引已在 $(DATA)/ ，报告没有变化"; \
	else \
		echo "为 $(REPORTS) 建立索引 …"; \
		if $(BIN)/python -m index add $(REPORTS) --data "$(DATA)"; then \
			touch "$(DATA)/.indexed"; \
		elif [ -f "$(INDEXED)" ]; then \
			echo "有文件没有加入（原因见上），用已加入的报告继续"; \
		else \
			exit 2; \
		fi; \
	fi

test: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/mypy .

figures: $(VENV)/.installed-dev
	@$(BIN)/python -m eval figures $(if $(BASE),--base "$(BASE)") $(if $(SETS),--sets "$(SETS)")

# 一次解出全部 requirements*.txt；本机的 torch 是 CPU 版也好、带 CUDA 的也好，写下的都只是 2.13.0
constraints: | $(BIN)/python
	@sed '/^-[cr] /d' requirements*.txt > "$(VENV)/.wanted"
	@$(BIN)/python -m pip install --dry-run --ignore-installed --quiet --report "$(VENV)/.resolved" pip -r "$(VENV)/.wanted"
	@$(BIN)/python -c '$(PINNED)' < "$(VENV)/.resolved" > "$(VENV)/.constraints"
	@mv "$(VENV)/.constraints" constraints.txt
	@echo "constraints.txt：$$(grep -c == constraints.txt) 个包"

# 安装包：代码、模型、样例报告与全部依赖的 wheel；与制作它的 Python 同一小版本、同一种系统的机器可用
bundle: $(VENV)/.installed
	@rm -rf "$(BUNDLE)"
	@mkdir -p "$(BUNDLE)/wheels"
	@echo "收集依赖（约需几分钟）…"
	@$(BIN)/python -m pip wheel --quiet pip -r requirements-serve.txt -r requirements-llm.txt -w "$(BUNDLE)/wheels"
	@$(BIN)/python -c 'import platform, sys; print("%d.%d %s %s" % (*sys.version_info[:2], sys.platform, platform.machine()))' > "$(BUNDLE)/wheels/PYTHON"
	@tar -c --exclude=__pycache__ --exclude='.*' app.py eval index language models page reports retrieval server docs README.md constraints.txt requirements.txt requirements-serve.txt requirements-llm.txt install.sh | tar -x -C "$(BUNDLE)"
	@cd "$(BUNDLE)" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS
	@echo "安装包在 $(BUNDLE)/（$$(du -sh "$(BUNDLE)" | cut -f1)）：整个文件夹拷过去，运行 sh install.sh"

clean:
	rm -rf "$(VENV)" "$(DATA)" data-eval dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@python=""; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3.11 python3 python3.12 python3.13 python3.14 python); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "错误：需要 Python 3.11 或更高版本，但$(if $(PYTHON), $(PYTHON) 不是或无法运行,没有找到)；请安装后重试，或用 make run PYTHON=<路径> 指定" >&2; \
		exit 2; \
	fi; \
	echo "用 $$python 建立虚拟环境 $(VENV)/ …"; \
	if ! "$$python" -m venv "$(VENV)"; then \
		rm -rf "$(VENV)"; \
		echo "错误：无法建立虚拟环境；Debian 与 Ubuntu 上请先安装 python3-venv" >&2; \
		exit 2; \
	fi

$(VENV)/.installed: requirements.txt requirements-serve.txt constraints.txt | $(BIN)/python
	@echo "安装依赖（只在第一次，或 requirements.txt、constraints.txt 有变化时；约需几分钟）…"
	@$(if $(TORCH_INDEX),$(BIN)/python -m pip install "$(TORCH)" --index-url "$(TORCH_INDEX)")
	@$(BIN)/python -m pip install -r requirements.txt
	@touch "$@"

$(VENV)/.installed-dev: requirements-dev.txt constraints.txt $(VENV)/.installed
	@echo "安装开发工具 …"
	@$(BIN)/python -m pip install -r requirements-dev.txt
	@touch "$@"
