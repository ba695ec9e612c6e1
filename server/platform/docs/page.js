/* global SwaggerUIBundle */
const API = '/api/v1';
/** Seconds before its end at which a token is renewed. */
const AHEAD = 60;

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

const viewer = SwaggerUIBundle({
  url: `${API}/openapi.json`,
  dom_id: '#viewer',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: true,
  requestSnippetsEnabled: true,
  // In memory only, and nobody is asked whether the document is valid.
  persistAuthorization: false,
  validatorUrl: null,
});

const form = document.querySelector('form');
const [username, password] = form.querySelectorAll('input');
const button = form.querySelector('button');
const told = form.querySelector('output');
let token;
let renewal;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    await (token ? signOut() : signIn());
  } catch (error) {
    tell(error.message, true);
  }
  button.disabled = false;
});

async function signIn() {
  const answer = await call('/auth/login', { username: username.value, password: password.value });
  use(answer);
  tell(`Signed in as ${username.value}`);
}

async function signOut() {
  const ended = call('/auth/logout');
  forget('Signed out');
  await ended;
}

function use({ access_token, expires_in }) {
  token = access_token;
  viewer.preauthorizeApiKey('token', token);
  show();
  renewal = setTimeout(renew, Math.max(1, expires_in - AHEAD) * 1000);
}

async function renew() {
  try {
    use(await call('/auth/renew'));
  } catch (error) {
    forget(`Your session is over: ${error.message}`);
  }
}

function forget(why) {
  token = undefined;
  clearTimeout(renewal);
  viewer.authActions.logout(['token']);
  show();
  tell(why);
}

function show() {
  username.hidden = password.hidden = token !== undefined;
  username.required = password.required = token === undefined;
  password.value = '';
  button.textContent = token ? 'Sign out' : 'Sign in';
}

function tell(text, bad = false) {
  told.textContent = text;
  told.classList.toggle('bad', bad);
}

async function call(path, body) {
  const answer = await fetch(API + path, {
    method: 'POST',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (answer.status === 204) return undefined;
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error.message);
  return said;
}
