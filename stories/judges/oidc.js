// An identity provider, oidc-provider, and people who sign in to the console with it in Chromium.
//
// Says in a first line where the provider is, and where it leads back to. Then it reads one JSON object: the gateway's port, behind
// that place, and the browser. It says what went otherwise than expected, one complaint a line.
"use strict";
const http = require("node:http");
const net = require("node:net");
const readline = require("node:readline");
const { once } = require("node:events");
const { chromium } = require("playwright-core");
const { default: Provider } = require("oidc-provider");

const GROUPS = { ann: ["staff", "sms-ops"], eve: ["staff"] };
const PATIENCE = 30000;

async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

function provider(issuer, back) {
  const account = (ctx, id) => ({
    accountId: id,
    claims: async () => ({ sub: `id-of-${id}`, preferred_username: id, groups: GROUPS[id] ?? [] }),
  });
  return new Provider(issuer, {
    clients: [{
      client_id: "postrider", client_secret: "secret of the gateway", redirect_uris: [`${back}/console/sign-in/provider`],
      response_types: ["code"], grant_types: ["authorization_code"],
    }],
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
    findAccount: async (ctx, id) => ({ ...account(ctx, id.replace("id-of-", "")), accountId: id }),
    cookies: { keys: ["a key of the provider's cookies"] },
    features: { rpInitiatedLogout: { enabled: true } },
  });
}

async function at_provider(page, name) {
  await page.waitForSelector("input[name=login]", { timeout: PATIENCE });
  await page.fill("input[name=login]", name);
  await page.fill("input[name=password]", "any");
  await page.click("button[type=submit]");
}

async function consent(page) {
  await page.waitForSelector("form button[type=submit]", { timeout: PATIENCE });
  await page.click("form button[type=submit]");
}

// Waits for a page; where it doesn't come, the error has the text of the one that did.
async function arrive(page, address) {
  try {
    await page.waitForURL(address);
  } catch (error) {
    throw new Error(`${page.url()}: ${await page.textContent("body")}`, { cause: error });
  }
}

async function people(browser, back, expect) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(PATIENCE);
  const words = async () => (await page.textContent("main")).replaceAll(/\s+/g, " ");
  await page.goto(`${back}/console/sign-in?next=/console/accounts/desk`);
  await page.click("text=Company");
  await at_provider(page, "id-of-ann");
  await consent(page);
  await arrive(page, "**/console/accounts/desk");
  expect(await page.textContent(".foot summary"), /ann/, "the name of whoever signed in");
  const offered = await page.$$eval("nav a[data-letter]", (links) => links.map((link) => link.dataset.letter).join(""));
  expect(offered, /^(?=.*s)(?!.*p)(?!.*h)/, "an operator sees the system, and neither users nor the audit log");
  // A key needs a fresh proof, which is given where somebody signs in.
  await page.fill("form[action$='/keys'] input[name=name]", "second");
  await page.click("form[action$='/keys'] button");
  await arrive(page, "**/console/proof**");
  await page.click("text=Sign in again where you did");
  await at_provider(page, "id-of-ann");
  await arrive(page, "**/console/accounts/desk");
  await page.fill("form[action$='/keys'] input[name=name]", "second");
  await page.click("form[action$='/keys'] button");
  await page.waitForSelector("text=pr_");
  await page.click(".foot summary");
  await page.click("form[action='/console/sign-out'] button");
  await arrive(page, "**/console/sign-in**");
  expect(await words(), /You are signed out here/, "what is said to whoever signed out");
  expect(await page.getAttribute(".note a", "href"), /\/session\/end\?client_id=postrider/, "where to sign out there");

  const other = await (await browser.newContext()).newPage();
  await other.goto(`${back}/console/sign-in`);
  await other.click("text=Company");
  await at_provider(other, "id-of-eve");
  await consent(other);
  await other.waitForSelector("[role=alert]");
  expect(await other.textContent("[role=alert]"), /no role here/, "what is said to whoever has no role");
  // Nobody else's attempt is taken.
  await other.goto(`${back}/console/sign-in/provider?code=x&state=y`);
  expect(await other.textContent("[role=alert]"), /begin again/, "what is said to whoever began nothing");
}

async function main() {
  const order = readline.createInterface({ input: process.stdin });
  let port = 0;
  const front = net.createServer((client) => {
    const gateway = net.connect(port, "127.0.0.1");
    client.pipe(gateway).pipe(client);
    for (const socket of [client, gateway]) socket.on("error", () => { client.destroy(); gateway.destroy(); });
  });
  const back = await listen(front);
  let answer = () => {};
  const server = http.createServer((request, response) => answer(request, response));
  const issuer = await listen(server);
  answer = provider(issuer, back).callback();
  console.log(JSON.stringify({ issuer, back }));
  const [line] = await once(order, "line");
  const wanted = JSON.parse(line);
  port = wanted.port;
  const browser = await chromium.launch({ executablePath: wanted.chromium, args: ["--no-sandbox", "--disable-gpu"] });
  const expect = (found, pattern, what) => { if (!pattern.test(found ?? "")) console.log(`${what}: ${found}`); };
  await people(browser, back, expect);
  await browser.close();
  process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
