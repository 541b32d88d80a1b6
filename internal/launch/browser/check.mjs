// Looks at pages in a real browser: node check.mjs DIRECTORY. There, pages.json has the launch link of each page NAME.html, or the
// link to the update of a stack that stands ("" if it has none). Prints each fault, one a line, and leaves screenshots beside the pages. With --brief it takes two
// looks at each page instead of six, and no screenshots.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const directory = process.argv[2];
const brief = process.argv[3] === '--brief';
const pages = JSON.parse(await readFile(path.join(directory, 'pages.json'), 'utf8'));
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const looks = [
  { name: 'narrow', width: 320, scheme: 'light' },
  { name: 'desktop', width: 1280, scheme: 'dark' },
  { name: 'phone', width: 360, scheme: 'light' },
  { name: 'phone', width: 360, scheme: 'dark' },
  { name: 'desktop', width: 1280, scheme: 'light' },
  { name: 'print', width: 700, scheme: 'dark', media: 'print' },
].slice(0, brief ? 2 : undefined);
const trusted = [/^https:\/\/docs\.aws\.amazon\.com\/aws-managed-policy\/latest\/reference\/[\w-]+\.html$/, /^https:\/\/aws\.amazon\.com\/pricing\/$/];

const faults = [];
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--disable-dev-shm-usage'],
});
try {
  for (const name of Object.keys(pages).sort()) {
    for (const look of looks) await check(name, look);
  }
} finally {
  await browser.close();
}
for (const fault of faults) console.log(fault);
process.exitCode = faults.length ? 1 : 0;

async function check(name, look) {
  const at = `${name} (${look.media ?? look.scheme}, ${look.width} px)`;
  const fault = (text) => faults.push(`${at}: ${text}`);
  const url = pathToFileURL(path.join(directory, `${name}.html`)).href;
  const page = await browser.newPage();
  page.on('request', (r) => { if (r.url() !== url) fault(`asks for ${r.url()}`); });
  page.on('console', (m) => fault(`console: ${m.text()}`));
  page.on('pageerror', (e) => fault(`error: ${e}`));
  await page.setViewport({ width: look.width, height: 800, isMobile: look.width < 700 });
  const client = await page.createCDPSession();
  await client.send('Emulation.setEmulatedMedia', { media: look.media ?? 'screen', features: [{ name: 'prefers-color-scheme', value: look.scheme }] });
  await page.goto(url);
  if (!brief) await page.screenshot({ path: path.join(directory, `${name}-${look.name}-${look.scheme}.png`), fullPage: true });
  const hidden = await page.evaluate(() => [...document.querySelectorAll('details > pre')].filter((e) => !e.checkVisibility({ contentVisibilityAuto: true })).length);
  if (look.media === 'print' && hidden) fault(`does not print ${hidden} folded texts`);
  await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
  const seen = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    cut: [...document.querySelectorAll('pre')].filter((e) => e.scrollWidth > e.clientWidth).length,
    links: [...document.querySelectorAll('a')].map((a) => ({ href: a.getAttribute('href'), text: a.textContent.trim(), target: a.target, rel: a.rel, height: a.offsetHeight })),
    ids: [...document.querySelectorAll('[id]')].map((e) => e.id),
    background: getComputedStyle(document.body).backgroundColor,
    scripts: document.scripts.length,
  }));
  if (seen.cut) fault(`cuts ${seen.cut} lines of code off`);
  if (seen.wide > 0) fault(`scrolls ${seen.wide} px to the side`);
  if (seen.scripts) fault('has a script');
  const light = /\d+/.exec(seen.background)[0] > 127;
  if (light !== (look.scheme === 'light' || look.media === 'print')) fault(`its background is ${seen.background}`);
  if (new Set(seen.ids).size !== seen.ids.length) fault('an id is there twice');
  checkLinks(seen, pages[name], fault);
  // The page's own policy lets no script in; axe is run beside it.
  const { frameTree } = await client.send('Page.getFrameTree');
  const { executionContextId: contextId } = await client.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
  await client.send('Runtime.evaluate', { contextId, expression: axe });
  const { result, exceptionDetails } = await client.send('Runtime.evaluate', {
    contextId, awaitPromise: true, returnByValue: true,
    expression: 'axe.run(document).then((r) => ({ passes: r.passes.length, violations: r.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map((n) => n.html).join(" ; ")) }))',
  });
  if (exceptionDetails || !result.value?.passes) fault(`axe did not run: ${exceptionDetails?.exception?.description}`);
  for (const violation of result.value?.violations ?? []) fault(`axe: ${violation}`);
  await page.close();
}

function checkLinks(seen, launch, fault) {
  let launches = 0;
  for (const { href, text, target, rel } of seen.links) {
    if (!text) fault(`a link to ${href} without a text`);
    if (href.startsWith('#')) {
      if (!seen.ids.includes(href.slice(1))) fault(`the link ${href} leads nowhere`);
      continue;
    }
    if (!URL.canParse(href)) fault(`the link ${href} is malformed`);
    if (target !== '_blank' || !rel.includes('noopener') || !rel.includes('noreferrer')) fault(`the link ${href} opens in this page's place, or tells where it was followed`);
    if (href === launch) launches += 1;
    else if (!trusted.some((t) => t.test(href))) fault(`the link ${href} is neither the button's nor AWS's documentation`);
  }
  if (launches !== (launch ? 1 : 0)) fault(`has ${launches} buttons`);
}
