// Adds and replaces reports through /api/v1/reports, a file at a time, so that a bad one stops no other.
// Gradio gives element and trigger.
const part = (name) => element.querySelector(`[data-part="${name}"]`);
const waiting = [];  // {file, id and name of the report that it replaces}
let working = false, through = [];

const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

// The answered request, or null where none came; `far` hears of the bytes sent, 0 to 1.
const send = ({ file, id }, far) => new Promise((resolve) => {
  const request = new XMLHttpRequest(), form = new FormData();
  form.append("file", file, file.name);
  request.open(id ? "PUT" : "POST", id ? `api/v1/reports/${id}` : "api/v1/reports");
  request.upload.onprogress = (event) => far(event.loaded / (event.total || 1));
  request.upload.onload = () => far(1);
  request.onload = () => resolve(request);
  request.onerror = () => resolve(null);
  request.send(form);
});

const told = (request) => {
  try {
    return JSON.parse(request.responseText);
  } catch {  // a proxy's own page
    return {};
  }
};

// What became of a file: kind added, replaced, there or bad, and said.
const outcome = ({ file, id, name }, request) => {
  if (!request) return { kind: "bad", said: "没有传完，请检查网络后再试。" };
  const answer = told(request), kind = request.getResponseHeader("youju-outcome");
  if (request.status === 401) return { kind: "bad", said: "登录已过期，请刷新页面，登录后再试。" };
  if (kind === "twin") return { kind: "there", said: answer.detail };
  if (request.status >= 400) return { kind: "bad", said: (answer.detail ?? `没有收录（${request.status}）。`).replace(`${file.name}：`, "") };
  if (id) return answer.id === id ? { kind: "bad", said: "正文与原来的相同，没有替换。" } : { kind: "replaced", said: `已替换“${name}”` };
  if (kind === "there") return { kind, said: "库中已有，没有变化" };
  return { kind: "added", said: answer.warnings.length ? `已收录，有 ${answer.warnings.length} 条提示` : "已收录" };
};

const take = async (one, far) => {
  const most = Number(part("files").dataset.most);
  try {
    await one.file.slice(0, 1).arrayBuffer();
  } catch {
    return { kind: "bad", said: "读不出来：它可能是文件夹，或已被移走。" };
  }
  if (one.file.size > most) return { kind: "bad", said: `超过上限 ${most / 2 ** 20} 兆。` };
  for (;;) {
    const request = await send(one, far);
    if (request?.status !== 429) return outcome(one, request);
    const seconds = Math.min(Number(request.getResponseHeader("retry-after")) || 5, 300);
    part("far").textContent = `请求太频繁，${seconds} 秒后接着传…`;
    await pause(seconds);
  }
};

const summary = () => {
  const count = (kind) => through.filter((one) => one.kind === kind).length;
  const parts = [["added", "已收录 % 份"], ["replaced", "已替换 % 份"], ["there", "% 份库中已有"], ["bad", "% 份未能收录"]];
  return parts.filter(([kind]) => count(kind)).map(([kind, text]) => text.replace("%", count(kind))).join("，") + "。";
};

const listed = (name, { kind, said }) => {
  const item = document.createElement("li"), strong = document.createElement("strong");
  item.className = kind === "bad" ? "bad" : "good";
  strong.textContent = name;
  item.append(strong, said);
  part("outcomes").append(item);
};

const work = async () => {
  if (working) return;
  working = true;
  through = [];
  part("outcomes").replaceChildren();
  part("upload").hidden = part("bar").hidden = false;
  part("upload").scrollIntoView({ block: "nearest" });
  while (waiting.length) {
    const one = waiting.shift(), at = through.length, total = at + 1 + waiting.length;
    part("doing").textContent = `正在收录 ${at + 1}/${total}：${one.file.name}`;
    const far = (share) => {
      part("far").textContent = share < 1 ? `已上传 ${Math.floor(100 * share)}%` : "已传完，正在读取…";
      part("bar").max = at + 1 + waiting.length;
      part("bar").value = at + 0.9 * share;
    };
    far(0);
    const became = await take(one, far);
    through.push(became);
    listed(one.file.name, became);
  }
  part("bar").hidden = true;
  part("far").textContent = "";
  part("doing").textContent = summary();
  working = false;
  trigger("changed", {});
};

const add = (files, replaced = {}) => {
  waiting.push(...[...files].map((file) => ({ file, ...replaced })));
  if (waiting.length) work();
};

element.addEventListener("change", (event) => {
  if (event.target !== part("files")) return;
  add(event.target.files);
  event.target.value = "";  // so that the same file can be chosen again
});
element.addEventListener("replace", (event) => add([event.detail.file], { id: event.detail.id, name: event.detail.name }));

for (const kind of ["dragover", "dragleave", "drop"]) {
  element.addEventListener(kind, (event) => {
    const zone = event.target.closest(".drop");
    if (!zone) return;
    event.preventDefault();
    zone.classList.toggle("over", kind === "dragover");
    if (kind === "drop") add(event.dataTransfer.files);
  });
}
