// Walks the console in Chromium as somebody with a key: every page in light, dark and on a phone. It says what axe, the validator
// of HTML, the browser's console and the network have against a page, one complaint a line, and keeps a picture of each.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { chromium } = require("playwright-core");
const { HtmlValidate } = require("html-validate");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1360, height: 900 } },
  dark: { colorScheme: "dark", viewport: { width: 1360, height: 900 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// What is taste, and not validity, is ours.
const validator = new HtmlValidate({
  extends: ["html-validate:standard"],
  rules: { "no-inline-style": "error", "long-title": "off", "no-trailing-whitespace": "off", "no-raw-characters": ["error", { relaxed: true }] },
});

async function walk(browser, { base, key, pages, pictures, who }) {
  const complaints = new Set();
  for (const [look, options] of Object.entries(LOOKS)) {
    const context = await browser.newContext({ ...options, bypassCSP: false });
    const page = await context.newPage();
    let at = "/console/sign-in";
    const complain = (words) => complaints.add(`${who} ${look} ${at}: ${words}`);
    page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complain(message.text()); });
    page.on("pageerror", (error) => complain(error.message));
    page.on("request", (request) => { if (!request.url().startsWith(base + "/")) complain(`asks ${request.url()}`); });
    await page.goto(base + at);
    await look_at(page, look, at, complain, pictures);
    await page.click("details:has(input[name=key]) > summary");
    await page.fill("input[name=key]", key);
    await Promise.all([page.waitForURL("**/console/live"), page.click("form:has(input[name=key]) button")]);
    for (at of pages) {
      const answer = await page.goto(base + at, { waitUntil: "load" });
      if (answer.status() !== 200) complain(`answers ${answer.status()}`);
      await look_at(page, look, at, complain, pictures);
    }
    await context.close();
  }
  return complaints;
}

async function look_at(page, look, at, complain, pictures) {
  await page.waitForTimeout(300);
  if (look === "light") {
    const html = await (await page.request.get(page.url())).text();
    for (const result of (await validator.validateString(html)).results) {
      for (const { ruleId, message, line, column } of result.messages) complain(`html ${line}:${column} ${ruleId}: ${message}`);
    }
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) complain(`is ${wide} pixels wider than the screen`);
  // The debugger's own door: the page's policy holds for the page alone.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const { result } = await session.send("Runtime.evaluate", {
    expression: `axe.run(document, { runOnly: ${JSON.stringify(RULES)} }).then((found) => JSON.stringify(found.violations.map((violation) =>
      violation.id + ": " + violation.help + " " + violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | "))))`,
    awaitPromise: true, returnByValue: true,
  });
  for (const violation of JSON.parse(result.value)) complain(`axe ${violation}`);
  const name = at.replace("/console/", "").split("?")[0].replace(/[0-9]{15,}/, "one").replaceAll("/", "-");
  fs.mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `${name}.${look}.png`), fullPage: look !== "phone" });
}

async function main() {
  const wanted = JSON.parse(fs.readFileSync(0, "utf8"));
  const browser = await chromium.launch({ executablePath: wanted.chromium, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    for (const walked of wanted.walks) {
      for (const complaint of await walk(browser, { ...walked, base: wanted.base })) console.log(complaint);
    }
  } finally {
    await browser.close();
  }
}

main().catch((error) => { console.error(error); process.exit(1); });
