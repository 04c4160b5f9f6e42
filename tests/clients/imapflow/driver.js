// Steers imapflow for the tests: one JSON command per line on stdin, one JSON answer per line on
// stdout. {"do": name, ...} -> {"answer": value} or {"error": text}; events come between them as
// {"event": name, ...}.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ImapFlow } from 'imapflow';

const say = value =>
  process.stdout.write(JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v instanceof Set ? [...v] : v)) + '\n');
const hash = octets => createHash('sha256').update(octets).digest('hex');
let client;

const verbs = {
  version: async () => JSON.parse(readFileSync(new URL('node_modules/imapflow/package.json', import.meta.url))).version,

  async connect({ port, ca, user, pass }) {
    client = new ImapFlow({
      host: 'localhost', port, secure: true, auth: { user, pass }, tls: { ca: readFileSync(ca) },
      qresync: true, logger: false, maxIdleTime: 60000,
    });
    client.on('error', error => say({ event: 'error', text: String(error) }));
    client.on('exists', ({ path, count }) => say({ event: 'exists', path, count }));
    client.on('expunge', ({ path, uid, seq, vanished, earlier }) => say({ event: 'expunge', path, uid, seq, vanished, earlier }));
    client.on('flags', ({ path, uid, seq, flags }) => say({ event: 'flags', path, uid, seq, flags }));
    await client.connect();
    return { capabilities: [...client.capabilities.keys()], enabled: client.enabled };
  },

  async list() {
    return (await client.list({ statusQuery: { messages: true, uidNext: true } })).map(f => ({
      path: f.path, specialUse: f.specialUse, subscribed: f.subscribed, messages: f.status?.messages,
    }));
  },

  async open({ path, changedSince, uidValidity }) {
    const box = await client.mailboxOpen(path, changedSince
      ? { changedSince: BigInt(changedSince), uidValidity: BigInt(uidValidity) } : {});
    return { exists: box.exists, uidValidity: Number(box.uidValidity), uidNext: box.uidNext,
             highestModseq: Number(box.highestModseq), qresync: box.qresync };
  },

  async hashes() {
    const found = {};
    for await (const m of client.fetch('1:*', { uid: true, flags: true, size: true, source: true })) {
      found[m.uid] = { sha256: hash(m.source), length: m.source.length, size: m.size, flags: m.flags };
    }
    return found;
  },

  // Every ENVELOPE and BODYSTRUCTURE, read by imapflow's own parser.
  async structures() {
    const found = {};
    for await (const m of client.fetch('1:*', { uid: true, envelope: true, bodyStructure: true, size: true })) {
      let parts = 0;
      const stack = [m.bodyStructure];
      while (stack.length) {
        const node = stack.pop();
        ++parts;
        if (typeof node?.type !== 'string' || !node.type.includes('/')) found.bad = { uid: m.uid, node };
        stack.push(...(node.childNodes || []));
      }
      found[m.uid] = { subject: m.envelope.subject ?? null, from: m.envelope.from?.length ?? 0,
                       type: m.bodyStructure.type, parts, size: m.size };
    }
    return found;
  },

  append: ({ path, text, flags }) => client.append(path, Buffer.from(text, 'latin1'), flags),
  create: ({ path }) => client.mailboxCreate(path),
  rename: ({ path, to }) => client.mailboxRename(path, to),
  remove: ({ path }) => client.mailboxDelete(path),
  status: ({ path }) => client.status(path, { messages: true, unseen: true, uidNext: true, highestModseq: true }),
  search: ({ query }) => client.search(query, { uid: true }),
  addFlags: ({ uids, flags }) => client.messageFlagsAdd(uids, flags, { uid: true }),
  delete: ({ uids }) => client.messageDelete(uids, { uid: true }),
  async move({ uids, to }) { return [...(await client.messageMove(uids, to, { uid: true })).uidMap]; },
  async copy({ uids, to }) { return [...(await client.messageCopy(uids, to, { uid: true })).uidMap]; },
  async download({ uid, part }) {
    const { content } = await client.download(uid, part, { uid: true });
    const pieces = [];
    for await (const piece of content) pieces.push(piece);
    return Buffer.concat(pieces).toString('latin1');
  },
  async idle() { client.idle().catch(() => {}); },
  noop: () => client.noop(),
  logout: () => client.logout(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: verb, ...options } = JSON.parse(line);
  try {
    say({ answer: (await verbs[verb](options)) ?? null });
  } catch (error) {
    say({ error: `${verb}: ${error.stack} ${error.responseText ?? ''}` });
  }
}
process.exit(0);
