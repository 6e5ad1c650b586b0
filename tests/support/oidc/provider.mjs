// An OpenID provider for the tests: npm oidc-provider (OpenID Certified), with its pages for developers.
// It also plays the authorization server of an EPD: the same provider, asked with `launch`.
// Settings as JSON in the first argument; prints "ready" when it listens. Run from the folder that holds node_modules.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { port, clients, people, patient } = JSON.parse(process.argv[2]);
const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients,
  cookies: { keys: ["a key for tests"] },
  claims: { openid: ["sub"], profile: ["name", "roles", "agb"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  acrValues: ["urn:laag"],
  extraParams: ["launch", "aud"],
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  // It refuses to tell a service on this machine that somebody logged out, and rightly so; here that is the one to tell.
  fetch: (address, { dispatcher: _, ...how }) => globalThis.fetch(address, how),
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: id, ...people[id] }) }),
});
// What makes it an EPD: SMART App Launch 2.2, discovery and the patient beside the tokens.
provider.use(async (ctx, next) => {
  if (ctx.path === "/fhir/.well-known/smart-configuration") {
    ctx.body = {
      issuer,
      jwks_uri: `${issuer}/jwks`,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      grant_types_supported: ["authorization_code"],
      code_challenge_methods_supported: ["S256"],
      capabilities: ["launch-ehr", "sso-openid-connect", "client-confidential-symmetric", "context-ehr-patient"],
    };
    return;
  }
  await next();
  if (ctx.path === "/token" && ctx.oidc?.client?.clientId === "adapter-bij-epd" && ctx.body?.access_token) {
    ctx.body.patient = patient;
  }
});
provider.on("backchannel.error", (_, error) => console.error(error));
provider.on("server_error", (_, error) => console.error(error));
provider.listen(port, "127.0.0.1", () => console.log("ready"));
