// An address on this machine, the first request that comes to it, and what a shop needs besides.
'use strict';

const http = require('node:http');
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');

const [, , description, modules] = process.argv;
const gateway = JSON.parse(readFileSync(description, 'utf8'));

function receive() {
  let arrived;
  const notified = new Promise((resolve) => { arrived = resolve; });
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(204).end();
      arrived({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({ server, notified, url: `http://127.0.0.1:${server.address().port}/notify` });
    });
  });
}

async function control(path) {
  const answer = await fetch(`${gateway.base_uri}_gateway/${path}`, { method: 'POST' });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

// Prints what a shop saw, or why it failed.
function open(shop) {
  shop().then((seen) => console.log(JSON.stringify(seen)), (error) => {
    console.error(error.response ? JSON.stringify(error.response.data) : error.stack);
    process.exitCode = 1;
  }).finally(() => setImmediate(() => process.exit()));
}

module.exports = {
  gateway, receive, control, open, peer: createRequire(`${modules}/`),
};
