// Registries in a real window: logging in, browsing, pulling what is completed while it is typed, watching and ending a pull, tidying up.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type http from 'node:http';
import { after, before, describe } from 'node:test';
import { startDebianRegistry, type DebianRegistry, type Login } from '../../support/debianRegistry.js';
import { FaultyRegistry } from '../../support/faultyRegistry.js';
import { layerOf, registryImage } from '../../support/registryContent.js';
import { requires } from '../../support/world.js';
import { dragEdge, pictureOf } from './pictures.js';
import { openSession, type BrowserSession } from './session.js';
import { Story } from './story.js';

const LOGIN: Login = { username: 'ann', password: 'correct horse' };
const TAGS = ['1.9', '1.10', 'latest'];
const STEPS = ['/bin/sh -c #(nop) ADD file:base.tar.gz in / ', 'RUN /bin/sh -c apk add --no-cache nginx # buildkit', 'COPY site /var/www # buildkit'];
const app = registryImage({
  layers: [3e6, 9e5, 4e4].map((bytes, at) => layerOf(`usr/share/app/${at}`, randomBytes(bytes))),
  history: STEPS.map((created_by) => ({ created_by })),
});
const big = registryImage({ layers: [8e6, 4e6].map((bytes, at) => layerOf(`usr/lib/big/${at}`, randomBytes(bytes))) });

describe('registries', requires('root', 'native', 'helper', 'image', 'chromium', 'registry'), () => {
  let session: BrowserSession;
  let registry: DebianRegistry;
  let slow: FaultyRegistry;
  before(async () => {
    registry = await startDebianRegistry(LOGIN);
    slow = await FaultyRegistry.start();
    slow.add('data/big', 'latest', big);
    slow.fault = (request, response, path) => path.includes('/blobs/') && !path.includes(configOf(big)) && trickle(request, response);
    for (const tag of TAGS) await registry.push('team/app', tag, app);
    session = await openSession({ 'bulkhead.registries.insecure': [registry.host, slow.host], 'bulkhead.registries.search': [registry.host] });
    const connection = await session.helper.connect();
    await connection.call('container/create', { spec: { image: 'bulkhead/busybox:latest', name: 'user' } });
    connection.dispose();
  });
  after(async () => {
    await session.close();
    await slow.stop();
    await registry.stop();
  });
  const story = new Story(() => session);

  story.scene('are logged in to by three questions, and say no to a wrong password', async ({ workbench }) => {
    await workbench.openViews('Bulkhead');
    await workbench.chooseTheme('Dark Modern');
    await dragEdge(workbench, 'sideBar', 520);
    await workbench.runCommand('Bulkhead: Log In to Registry…');
    for (const [at, text] of [registry.host, LOGIN.username, 'wrong'].entries()) await workbench.answerStep(at + 1, 3, text);
    const toast = workbench.toast('wants a login, or does not take this one');
    await toast.waitFor();
    await toast.getByRole('button', { name: 'Log In…' }).click();
    for (const [at, text] of [LOGIN.username, LOGIN.password].entries()) await workbench.answerStep(at + 1, 2, text);
    await workbench.pane('Registries').click();
    await workbench.row(registry.host).filter({ hasText: 'logged in' }).waitFor();
  });

  story.scene('are browsed down to the tags', async ({ workbench }) => {
    for (const row of [registry.host, 'team/app']) {
      await workbench.row(row).click();
      await workbench.page.keyboard.press('ArrowRight');
    }
    for (const tag of TAGS) await workbench.row(tag).waitFor();
    await workbench.pane('Containers').click();
    await pictureOf(workbench, 'registries', workbench.page.locator('.part.sidebar'), { height: 380 });
    await workbench.pane('Registries').click();
  });

  story.scene('give an image whose name is completed while it is typed', async ({ workbench }) => {
    await workbench.runCommand('Bulkhead: Pull Image…');
    await workbench.question.fill('team/app:');
    await workbench.choice('team/app:1.10').waitFor();
    await pictureOf(workbench, 'pull', workbench.page.locator('.quick-input-widget').first());
    await workbench.question.fill('team/app:1.10');
    await workbench.page.keyboard.press('Enter');
    await workbench.toast('is ready').getByRole('button', { name: 'Run…' }).waitFor();
    await workbench.row('team/app:1.10').waitFor();
  });

  story.scene('give one that a container is to be run from, without leaving the questions', async ({ workbench }) => {
    await workbench.runCommand('Bulkhead: Run Container');
    await workbench.choice('Pull another image…').click();
    await workbench.question.fill('team/app:1.9');
    await workbench.choice('team/app:1.9').waitFor();
    await workbench.page.keyboard.press('Enter');
    await workbench.seeStep(2, 8);
    await workbench.page.keyboard.press('Escape');
    await workbench.row('team/app').filter({ hasText: '2 tags' }).waitFor();
  });

  story.scene('leave layers that say what made them', async ({ workbench }) => {
    await workbench.row('1.10').click();
    await workbench.page.keyboard.press('ArrowRight');
    await workbench.row('RUN apk add --no-cache nginx').waitFor();
    await workbench.row('busybox').filter({ hasText: '1 container' }).waitFor();
  });

  story.scene('show how far a pull is in the view, and end it there', async ({ workbench }) => {
    await workbench.runCommand('Bulkhead: Pull Image…');
    await workbench.question.fill(`${slow.host}/data/big`);
    await workbench.choice('data/big').waitFor();
    await workbench.page.keyboard.press('Enter');
    const row = workbench.row('data/big:latest');
    await row.filter({ hasText: /\d MB of 12 MB · \d+ s left · .*\/s/ }).waitFor();
    await row.click();
    await workbench.page.keyboard.press('ArrowRight');
    await workbench.row('MB of 8.0 MB').waitFor();
    await workbench.picture('pulling');
    await pictureOf(workbench, 'images', workbench.page.locator('.part.sidebar'), { height: 330 });
    assert.match((await row.getAttribute('aria-label')) ?? '', /^Pulling .*data\/big:latest, \d+ per cent, /);
    await row.hover();
    await row.locator('.action-label[aria-label^="Cancel Pull"]').click();
    await row.waitFor({ state: 'detached' });
  });

  story.scene('are tidied up after, with what that frees said before', async ({ workbench }) => {
    await workbench.runCommand('Bulkhead: Remove Unused Images…');
    const choice = workbench.choice('All that no container uses');
    await choice.filter({ hasText: /1 image, frees 3\.9 MB/ }).waitFor();
    await pictureOf(workbench, 'prune', workbench.page.locator('.quick-input-widget').first());
    await choice.click();
    await workbench.page.locator('.monaco-dialog-box', { hasText: 'Remove 1 image and free 3.9 MB?' }).waitFor();
    await workbench.confirm('Remove');
    await workbench.row('team/app').waitFor({ state: 'detached' });
    await workbench.row('busybox').waitFor();
  });
});

function configOf({ manifest }: { readonly manifest: { readonly bytes: Buffer } }): string {
  return (JSON.parse(manifest.bytes.toString('utf8')) as { config: { digest: string } }).config.digest;
}

/** So slowly that one can look: a hundred kilobytes, ten times a second, until the other side goes. */
function trickle(_request: http.IncomingMessage, response: http.ServerResponse): boolean {
  response.writeHead(200);
  const timer = setInterval(() => response.write(randomBytes(100_000)), 100);
  response.on('close', () => clearInterval(timer));
  return true;
}
