// An OpenID Connect provider for one client. It takes any password, and says that each account has a mail address here.
// Usage: node provider.js PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI RETURN_TO; it writes a line when it listens.
import { Provider } from "oidc-provider";

const [port, id, secret, redirectUri, returnTo] = process.argv.slice(2);
const provider = new Provider(`http://localhost:${port}`, {
  clients: [{
    client_id: id,
    client_secret: secret,
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [returnTo],
    id_token_signed_response_alg: "RS256",
  }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username"] },
  pkce: { required: () => true },
  findAccount: (_context, key) => ({
    accountId: key,
    claims: () => ({
      sub: key, email: `${key}@byn.example`, email_verified: true, preferred_username: key,
    }),
  }),
});
provider.listen(Number(port), "localhost", () => console.log("listening"));
