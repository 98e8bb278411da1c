// Asks the browser for a passkey, puts its answer into the form around the button and sends the form.
// The page brings the options in `data-passkey`; there is nothing to fetch.

const TROUBLE = {
  NotAllowedError: "The passkey was not used: it was cancelled, or took too long. Press the button to try again.",
  InvalidStateError: "This device or password manager already holds a passkey for your account. Choose another one.",
  SecurityError: "Passkeys do not work at this address. Open the site at its own name.",
  NotSupportedError: "This device cannot keep a passkey for this site. Choose another one.",
  ConstraintError: "This device cannot check that it is you. Set up its screen lock or PIN, or choose another one.",
};
const UNKNOWN = "The passkey could not be used. Press the button to try again, or use another way.";

let offered; // the autofill request that waits in the background; only one ceremony can be held at a time

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const descriptors = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));

function asked(box) {
  const options = JSON.parse(box.dataset.passkey);
  options.challenge = bytes(options.challenge);
  if (box.dataset.passkeyAct === "create") {
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = descriptors(options.excludeCredentials);
  } else {
    options.allowCredentials = descriptors(options.allowCredentials);
  }
  return options;
}

function told(credential) {
  const { response } = credential;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    said.attestationObject = text(response.attestationObject);
    said.transports = response.getTransports?.() ?? [];
  } else {
    said.authenticatorData = text(response.authenticatorData);
    said.signature = text(response.signature);
    said.userHandle = response.userHandle && text(response.userHandle);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: said,
    clientExtensionResults: { credProps: credential.getClientExtensionResults().credProps },
  });
}

function say(box, trouble) {
  const line = box.querySelector("[data-passkey-trouble]");
  line.textContent = trouble;
  line.hidden = !trouble;
}

function send(box, credential) {
  box.querySelector("[data-passkey-answer]").value = told(credential);
  box.closest("form").requestSubmit();
}

async function hold(box) {
  const button = box.querySelector("[data-passkey-button]");
  if (button.getAttribute("aria-disabled")) return;
  offered?.abort();
  say(box, "");
  button.setAttribute("aria-disabled", "true");
  try {
    const publicKey = asked(box);
    const credential = await navigator.credentials[box.dataset.passkeyAct]({ publicKey });
    button.removeAttribute("aria-disabled");
    send(box, credential);
  } catch (error) {
    button.removeAttribute("aria-disabled");
    say(box, TROUBLE[error.name] ?? UNKNOWN);
  }
}

async function offer(box) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  offered = new AbortController();
  try {
    send(box, await navigator.credentials.get({ publicKey: asked(box), mediation: "conditional", signal: offered.signal }));
  } catch {
    // Nobody chose one; the button is there.
  }
}

const here = Boolean(window.PublicKeyCredential && navigator.credentials);

for (const box of document.querySelectorAll("[data-passkey]")) {
  box.querySelector("[data-passkey-button]").hidden = !here;
  box.querySelector("[data-passkey-missing]").hidden = here;
  if (here && box.hasAttribute("data-passkey-autofill")) offer(box);
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-passkey-button][type=button]")?.closest("[data-passkey]");
  if (box) hold(box);
});

// Where a passkey is made, the form waits for it, however it is sent. Before `submit-once` hears of it.
document.addEventListener(
  "submit",
  (event) => {
    const box = event.target.querySelector("[data-passkey-act=create]");
    if (!box || box.querySelector("[data-passkey-answer]").value) return;
    event.preventDefault();
    hold(box);
  },
  true,
);

// Back from the next page: what was answered then is used up.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const answer of document.querySelectorAll("[data-passkey-answer]")) answer.value = "";
});
