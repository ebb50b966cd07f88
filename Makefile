# 引得 Yinde. Two commands matter: `make run` and `make test`; `make` lists the rest.

# Given on the command line: make run PORT=8080. Assigned, not ?=, because some shells export HOST as the machine's name.
HOST =
PORT =
LIBRARY =
DOCUMENTS = eval/sets/jianglan/documents
JOBS = 2
FOLDERS =
SEED =
MINUTES = 10
MODEL = hash
OUT = build/bundle-test

BIN = .venv/bin

ifneq ($(LIBRARY),)
export YINDE_LIBRARY := $(LIBRARY)
endif

.DEFAULT_GOAL := help
.PHONY: help install dev run test check audit fuzz rewrap round-trips schemathesis load quotes quote-speed scan hallucinations \
	milvus-test ray-test scale kill-test disk-test soak readers bundle-test \
	constraints clean

help:
	@echo '引得：在公文资料中查找、引用、核对原文'
	@echo
	@echo '  make run      安装（仅首次），收入示例文库，打开网页服务'
	@echo '                可加：DOCUMENTS=资料文件夹 LIBRARY=文库文件夹 HOST=地址 PORT=端口'
	@echo '  make test     安装测试工具，运行全部测试'
	@echo '  make check    检查代码格式与类型'
	@echo '  make audit    核对所用依赖有无已知漏洞（要联网；许可证由 make test 核对）'
	@echo '  make fuzz     用随意改坏的文件检验各种格式的读取；可加：MINUTES=每种格式的分钟数 JOBS=同时几种'
	@echo '  make rewrap   把文件按随机行宽重新折行，看分段能否复原；须给出：FOLDERS=资料文件夹，可加：SEED=数'
	@echo '  make round-trips  文件经 Word、PDF、网页、OFD 转一遍，看多少段落不变；可加：FOLDERS=资料文件夹 SEED=数'
	@echo '  make quotes   用数千条改过的引文检验引文核对；可加：FOLDERS="资料文件夹 …" SEED=数'
	@echo '  make quote-speed  一句引文、一篇稿件核对要多久；须给出：LIBRARY=文库文件夹'
	@echo '  make hallucinations  用与原文不符的句子检验生成句子的核对；可加：FOLDERS="资料文件夹 …" SEED=数'
	@echo '  make schemathesis  用随意造出的请求检验接口；可加：MINUTES=分钟数 SEED=数'
	@echo '  make load     五十个客户端同时查一分钟，同时收录文件；再查两万次看内存；可加：SECONDS=秒 PACE=答后停几秒'
	@echo '  make scan     一百万个片段里按编码筛选与逐一比较，查全与耗时；须给出：LIBRARY=文库文件夹'
	@echo '  make milvus-test  检验 Milvus 文库，连同 PyPI 上真正的旧版服务程序（要下载约 50 MB）'
	@echo '  make ray-test  检验在 Ray 上读取与向量化（要下载约 70 MB）'
	@echo '  make scale    用随机向量量一量一万到一百万个时的快慢与大小；可加：LIBRARY=milvus 地址 MOST=个数'
	@echo '  make soak     边查、边问、边收录、边删除，随机杀掉服务再启动；可加：MINUTES=分钟数 SEED=数'
	@echo '  make readers  一个程序不停改，八个程序同时查；可加：MINUTES=分钟数'
	@echo '  make disk-test  在写满的磁盘上试每种写入（Linux，要能挂载，几分钟）'
	@echo '  make bundle-test  做一个离线包，断网安装，检索一次（要下载约 500 MB）；可加：OUT=文件夹'
	@echo '  make install  只安装，不运行'
	@echo '  make clean    删除安装出来的一切（不动文库）'

install:
	@.ci/install run

dev:
	@.ci/install dev

# Status 1 says that some files were refused; the rest can still be searched.
run: install
	@$(BIN)/yinde index "$(DOCUMENTS)" || [ $$? -eq 1 ]
	@$(BIN)/yinde serve $(if $(HOST),--host "$(HOST)") $(if $(PORT),--port "$(PORT)")

# A file's tests stay on one worker, so that its server, browser or model is started once.
test: dev
	@tests/browser.sh
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Says so, and passes, where the vulnerability records cannot be reached.
audit: dev
	@$(BIN)/python .ci/audit

# Fifteen formats, ten minutes each unless told. What fails is kept in fuzz-kept.
fuzz: dev
	$(BIN)/python tests/fuzz.py --minutes $(MINUTES) --jobs $(JOBS) $(if $(SEED),--seed $(SEED))

# Fails when fewer than 99 % (F1) of the boundaries between 200 documents' paragraphs come back.
rewrap: dev
	$(BIN)/python tests/rewrapping.py $(FOLDERS) $(if $(SEED),--seed $(SEED))

# Fails when a format gives back fewer than 98 % of the passages. Needs LibreOffice.
round-trips: dev
	$(BIN)/python tests/round_trips.py $(FOLDERS) $(if $(SEED),--seed $(SEED))

# Requests made up from the API's own description. Fails when the API does what it does not tell.
schemathesis: dev
	$(BIN)/python tests/schemathesis_run.py --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

# Some minutes. Fails when a request fails or memory grows; tells whether p95 and the start are within their aims.
load: install
	$(BIN)/python tests/load.py $(if $(SECONDS),--seconds $(SECONDS)) $(if $(PACE),--pace $(PACE))

# Some minutes. Fails when a changed text is called verbatim.
quotes: install
	$(BIN)/python -m eval.quotes $(if $(SEED),--seed $(SEED)) $(FOLDERS)

# Fails when one quotation in twenty takes longer than 50 ms, or a draft of 10,000 characters longer than 2 s.
quote-speed: install
	$(BIN)/python -m eval.quote_speed "$(LIBRARY)"

# Seconds. Fails when fewer than 95 % of the planted sentences are caught, or more than 3 % of the faithful ones flagged.
hallucinations: install
	$(BIN)/yinde-eval hallucinations $(if $(SEED),--seed $(SEED)) $(FOLDERS)

# Exact against coded search over 1,000,000 windows grown from a library's own; 4 GB, some minutes.
scan: install
	$(BIN)/python -m eval.scan "$(LIBRARY)"

# The server binary is of 2.3: it is refused as too old, and left empty.
milvus-test: dev
	$(BIN)/python -m pip install -q --no-deps --target build/milvus-2.3.5 milvus==2.3.5
	PYTHONPATH=build/milvus-2.3.5 $(BIN)/python -m pytest tests/test_milvus.py tests/test_milvus_errors.py tests/test_move.py

# Half a minute on an idle machine of two cores.
ray-test: dev
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[ray]'
	YINDE_RAY_TESTS=1 $(BIN)/python -m pytest tests/test_ray.py

# Some minutes: Milvus Lite takes a few thousand vectors a second.
scale: dev
	$(BIN)/python -m eval.scale $(if $(MOST),--most $(MOST)) $(if $(LIBRARY),--milvus "$(LIBRARY)")

# Some minutes. Fails when a killed writer leaves anything but all or none of its change.
kill-test: dev
	$(BIN)/python tests/kill_test.py $(if $(SEED),--seed $(SEED)) $(if $(POINTS),--points $(POINTS))

# Fails when a document is lost, a citation does not stand where it says, or memory or open files grow. MODEL= is bundled.
soak: dev
	$(BIN)/python tests/soak.py --minutes $(MINUTES) --model "$(MODEL)" $(if $(SEED),--seed $(SEED))

# One writer, eight readers. Fails when a reader sees half a document, or an older one than it may.
readers: dev
	$(BIN)/python tests/readers.py --seconds $$(($(MINUTES) * 60))

# Some minutes. Fails when the bundle does not install, search and serve without network.
disk-test: dev
	rm -rf build/disk-test && mkdir -p build/disk-test
	unshare -rm $(BIN)/python tests/mounted.py full build/disk-test

bundle-test: install
	tests/bundle_run.sh "$(OUT)"

# Write down the versions now in .venv, without the tag of a local build (torch 2.13.0+cpu).
constraints: dev
	$(BIN)/python -m pip freeze --all --exclude pip --exclude-editable | sed 's/+[a-z0-9.]*$$//' > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis constraints.new
	find index rag ui eval tests -name __pycache__ -type d -prune -exec rm -rf {} +
