// Walks the console in Chromium as somebody with a key or a password: every page that the navigation offers, and others, in light,
// dark, on a phone, and written from right to left. It says what axe, the validator of HTML, the browser's console and the network have against a page, one
// complaint a line, and keeps a picture of each.
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
  rtl: { colorScheme: "light", viewport: { width: 1360, height: 900 }, language: "ar" },
};
// Milliseconds that a page may take, on a machine that has much else to do.
const PATIENCE = 120_000;
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// What is taste, and not validity, is ours.
const validator = new HtmlValidate({
  extends: ["html-validate:standard"],
  rules: { "no-inline-style": "error", "long-title": "off", "no-trailing-whitespace": "off", "no-raw-characters": ["error", { relaxed: true }] },
});

async function sign_in(page, { key, name, password }) {
  let form = "form:has(input[name=password])";
  if (key) {
    form = "form:has(input[name=key])";
    await page.click("details:has(input[name=key]) > summary");
    await page.fill("input[name=key]", key);
  } else {
    await page.fill("input[name=name]", name);
    await page.fill("input[name=password]", password);
  }
  await Promise.all([page.waitForURL("**/console/live"), page.click(`${form} button`)]);
}

// What somebody does on a page, by the word behind its address.
const ACTS = {
  palette: async (page) => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("messages");
    await page.waitForSelector("#palette a.chosen");
  },
  keys: async (page) => { await page.keyboard.press("?"); },
  // On a phone the pages are behind a button.
  menu: async (page) => {
    const button = page.locator(".places-open");
    if (await button.isVisible()) await button.click();
    await page.waitForSelector("nav#places a", { state: "visible" });
  },
  groups: async (page) => {
    await page.selectOption("select[name=groups]", "news");
    await page.fill("textarea[name=text]", "Spring is here");
    await page.waitForSelector("#preview .stats");
  },
  send: async (page) => {
    await page.click("form[action='/console/first'] button");
    await page.waitForSelector(".phone .bubble.out");
  },
  test: async (page) => {
    await page.click("form[action$='/test'] button");
    await page.waitForSelector(".finding + .note");
  },
  codes: async (page) => {
    await page.click("form[action='/console/me/codes'] button");
    await page.waitForSelector(".qr");
  },
  rows: async (page) => {
    await page.fill("textarea[name=csv]", "number,name,age:number\n+447700900123,Ann,34\n07700,Bob,\n");
    await page.waitForSelector("#checked table");
  },
  imported: async (page) => {
    await page.fill("textarea[name=csv]", "number,name\n+447700900123,Ann\n07700,Bob\n");
    await page.click("form[action='/console/contact-import'] button.primary");
    await page.waitForSelector("form[action*='/act/apply']");
  },
  compared: async (page) => {
    await page.selectOption("select[name=upstream]", "acme");
    await page.fill("textarea[name=csv]", "reference,to,sent_at,cost\nnobody,+491700000002,2026-01-05T09:00:00Z,0.01\n");
    await page.click("main form button.primary");
    await page.waitForSelector("#differences");
  },
  rerated: async (page) => {
    await page.fill("input[name=since]", "2026-01-01");
    await page.click("main form button.primary");
    await page.waitForSelector("dl.stats");
  },
  tried: async (page) => {
    await page.fill("#name", "uk");
    await page.fill("#set-upstreams", "spare");
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
    await page.fill("#set-prefix", "44");
    await page.click("button[value=try]");
    await page.waitForSelector("#replay");
  },
  check: async (page) => {
    await page.click("summary:has(#import)");
    await page.fill("input[name=name]", "wholesale");
    await page.fill("textarea[name=csv]", "prefix,price,currency\n44,0.01,EUR\n49,x,EUR\n50,y,EUR\n");
    await page.waitForSelector("#checked table");
  },
};

async function walk(browser, { base, pages, pictures, who, looks, ...person }) {
  const complaints = new Set();
  for (const look of looks) {
    const { language, ...settings } = LOOKS[look];
    const context = await browser.newContext({ ...settings, bypassCSP: false });
    context.setDefaultTimeout(PATIENCE);
    if (language) await context.addCookies([{ name: "postrider_preferences", value: `language-${language}`, url: `${base}/console` }]);
    const page = await context.newPage();
    let at = "/console/sign-in";
    const complain = (words) => complaints.add(`${who} ${look} ${at}: ${words}`);
    page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complain(message.text()); });
    page.on("pageerror", (error) => complain(error.message));
    page.on("request", (request) => { if (!request.url().startsWith(base + "/")) complain(`asks ${request.url()}`); });
    await page.goto(base + at);
    await look_at(page, look, at, complain, pictures);
    await sign_in(page, person);
    const offered = await page.$$eval("nav a[data-letter]", (links) => links.map((link) => link.getAttribute("href")));
    for (at of new Set([...offered, ...pages])) {
      const [address, act] = at.split("#");
      const answer = await page.goto(base + address, { waitUntil: "load" });
      if (answer.status() !== 200) complain(`answers ${answer.status()}`);
      if (act) await ACTS[act](page).catch((error) => complain(error.message));
      await look_at(page, look, at, complain, pictures);
    }
    await context.close();
  }
  return complaints;
}

async function look_at(page, look, at, complain, pictures) {
  await page.waitForTimeout(300);
  if (look === "light" && !at.includes("#")) {
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
  const name = at.replace("/console/", "").replace(/\?[^#]*/, "").replace(/[0-9a-f]{15,}/, "one").replaceAll(/[/#]/g, "-");
  fs.mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `${name}.${look}.png`), fullPage: true });
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
