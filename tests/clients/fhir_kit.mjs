// fhir-kit-client (https://github.com/Vermonster/fhir-kit-client), unmodified, against our STU3 endpoint.
// node fhir_kit.mjs BASE_URL TOKEN; prints what was done, one word a line; any fault is an error.
import assert from 'node:assert/strict';
import { Client } from 'fhir-kit-client';

const [baseUrl, bearerToken] = process.argv.slice(2);
const client = new Client({ baseUrl, bearerToken });
const anybody = new Client({ baseUrl });
const SNOMED = 'http://snomed.info/sct';
const BSN = 'http://fhir.nl/fhir/NamingSystem/bsn|999911120';
const raw = (answer) => Client.httpFor(answer);
const done = (word) => console.log(word);
const refused = async (ask, status, code) => {
  const error = await ask.then(() => assert.fail('it was not refused'), (fault) => fault);
  assert.equal(error.response?.status, status, error.message);
  assert.equal(error.response.data.resourceType, 'OperationOutcome');
  assert.equal(error.response.data.issue[0].code, code);
};
const coded = (code) => ({ coding: [{ system: SNOMED, code }] });
const subject = { reference: 'Patient/w1' };
const context = { reference: 'EpisodeOfCare/e1' };
const seen = (id, code, more) => ({ resourceType: 'Observation', id, status: 'final', code: coded(code), subject, context, ...more });

const says = await client.capabilityStatement();
assert.equal(says.fhirVersion, '3.0.2');
assert.ok(says.rest[0].resource.some((r) => r.type === 'EpisodeOfCare'));
done('capability');

const put = (resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` } });
const dossier = [
  { resourceType: 'Patient', id: 'w1', identifier: [{ system: BSN.split('|')[0], value: BSN.split('|')[1] }], birthDate: '1990-01-01' },
  { resourceType: 'EpisodeOfCare', id: 'e1', status: 'active', type: [coded('364320009')], patient: subject, period: { start: '2026-02-01' } },
  { resourceType: 'Condition', id: 'p1', clinicalStatus: 'active', code: coded('118185001'), subject, context },
  { resourceType: 'Encounter', id: 'c1', status: 'finished', subject, episodeOfCare: [context] },
  seen('due', '161714006', { valueDateTime: '2026-09-01' }),
];
const kept = await client.transaction({ body: { resourceType: 'Bundle', type: 'transaction', entry: dossier.map(put) } });
assert.deepEqual(kept.entry.map((e) => e.response.status), Array(5).fill('201 Created'));
done('transaction');

const woman = await client.read({ resourceType: 'Patient', id: 'w1' });
assert.equal(woman.birthDate, '1990-01-01');
assert.equal(raw(woman).response.headers.get('etag'), 'W/"1"');
await refused(client.read({ resourceType: 'Patient', id: 'nobody' }), 404, 'not-found');
done('read');

const found = await client.search({ resourceType: 'Observation', searchParams: { context: 'EpisodeOfCare/e1' } });
assert.equal(found.total, 1);
await refused(client.search({ resourceType: 'Observation', searchParams: { nonsense: 1 } }), 400, 'not-supported');
done('search');

const byBsn = await client.search({ resourceType: 'Patient', searchParams: { identifier: BSN }, options: { postSearch: true } });
assert.deepEqual(byBsn.entry.map((e) => e.resource.id), ['w1']);
assert.ok(!JSON.stringify(byBsn.link).includes('999911120'));
await refused(client.search({ resourceType: 'Patient', searchParams: { identifier: BSN } }), 400, 'invalid');
done('post-search');

const organisation = { resourceType: 'Organization', identifier: [{ system: 'http://epd.example/id', value: 'o1' }], name: 'Groen' };
const once = { headers: { 'If-None-Exist': 'identifier=http://epd.example/id|o1' } };
const made = await client.create({ resourceType: 'Organization', body: organisation, options: once });
assert.equal(raw(made).response.status, 201);
const again = await client.create({ resourceType: 'Organization', body: organisation, options: once });
assert.equal(raw(again).response.status, 200);
assert.equal(again.id, made.id);
done('conditional-create');

const changed = { ...made, name: 'De Wit' };
const ifMatch = (version) => ({ headers: { 'If-Match': `W/"${version}"` } });
const updated = await client.update({ resourceType: 'Organization', id: made.id, body: changed, options: ifMatch(1) });
assert.equal(updated.meta.versionId, '2');
await refused(client.update({ resourceType: 'Organization', id: made.id, body: { ...changed, name: 'x' }, options: ifMatch(1) }), 412, 'conflict');
const first = await client.vread({ resourceType: 'Organization', id: made.id, version: '1' });
assert.equal(first.name, 'Groen');
const past = await client.history({ resourceType: 'Organization', id: made.id });
assert.equal(past.total, 2);
done('update');

for (let n = 0; n < 5; n += 1) {
  await client.update({ resourceType: 'Observation', id: `m${n}`, body: seen(`m${n}`, '57036006') });
}
const ids = [];
let page = await client.search({ resourceType: 'Observation', searchParams: { patient: 'Patient/w1', _count: 2 } });
while (page) {
  ids.push(...page.entry.map((e) => e.resource.id));
  page = await client.nextPage({ bundle: page });
}
assert.deepEqual(ids, ['due', 'm0', 'm1', 'm2', 'm3', 'm4']);
done('paging');

const point = await client.resolve({ reference: `${baseUrl}/Patient/w1` });
assert.equal(point.id, 'w1');
done('resolve');

let path;
for (let tries = 0; tries < 200; tries += 1) { // what follows from a transaction is done a moment later
  path = await client.operation({ name: 'care-path', resourceType: 'EpisodeOfCare', id: 'e1', method: 'GET', input: { as_of: '2026-05-01' } });
  if (path.parameter) break;
  await new Promise((wake) => setTimeout(wake, 100));
}
const part = (parameters, name) => parameters.parameter[0].part.find((p) => p.name === name);
assert.equal(part(path, 'state').valueCode, 'ongoing');
assert.equal(part(path, 'due').valueDate, '2026-09-01');
const body = { resourceType: 'Parameters', parameter: [{ name: 'as_of', valueDate: '2026-05-01' }] };
const decided = await anybody.operation({ name: 'igo-selection', resourceType: 'EpisodeOfCare', id: 'e1', input: body });
assert.ok(['igo', 'niet_igo', 'gemengd', 'onbepaald'].includes(part(decided, 'status').valueCode));
done('operation');
