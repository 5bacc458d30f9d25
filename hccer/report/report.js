"use strict";

function sortBy(button) {
  const head = button.closest("th");
  const table = head.closest("table");
  const place = [...head.parentNode.children].indexOf(head);
  const up = head.getAttribute("aria-sort") !== "ascending";
  for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const value = (row) => row.cells[place].dataset.v ?? row.cells[place].textContent;
  const number = (text) => (text === "-inf" ? -Infinity : Number(text));
  const compare = head.classList.contains("n")
    ? (a, b) => { const x = number(value(a)), y = number(value(b)); return x === y ? 0 : x < y ? -1 : 1; }
    : (a, b) => value(a).localeCompare(value(b), "en", { numeric: true });
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((a, b) => (up ? compare(a, b) : compare(b, a)));
  body.append(...rows);
}

function filterRows(input) {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = document.getElementById(input.dataset.filter).tBodies[0].rows;
  let left = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    left += row.hidden ? 0 : 1;
  }
  const said = input.closest("article").querySelector("output");
  said.textContent = words.length ? `${left} of ${rows.length}` : "";
}

async function copySql(button) {
  const code = button.parentNode.querySelector("code");
  let done = true;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    done = document.execCommand("copy");
  }
  button.textContent = done ? "Copied" : "Press Ctrl+C";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

function focusWhereItScrolls(box) {
  const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
  if (scrolls) box.tabIndex = 0;
  else box.removeAttribute("tabindex");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.classList.contains("copy")) copySql(button);
  else if (button.closest("th")) sortBy(button);
});
document.addEventListener("input", (event) => {
  if (event.target.dataset.filter) filterRows(event.target);
});
if (matchMedia("(max-width: 70rem)").matches) document.querySelector("nav details").open = false;
const listed = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    for (const a of listed.values()) a.removeAttribute("aria-current");
    listed.get(entry.target.id)?.setAttribute("aria-current", "true");
  }
}, { rootMargin: "-10% 0px -80% 0px" });
for (const section of document.querySelectorAll("main > section")) seen.observe(section);
const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => focusWhereItScrolls(target)));
for (const box of document.querySelectorAll(".box")) resized.observe(box);
