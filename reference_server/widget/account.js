// The login by a one-time code (protocol section 3, /auth), and the session that it opens.
//
// Where the page, /auth and /signaling are one site the browser's cookies say who one is, and no script ever has the
// token. Elsewhere the token is kept in this object and nowhere else: it ends with the page.
//
// The cookies are those of all tabs: another one may sign out, or sign somebody else in. So each object remembers who
// has signed in with it, and never speaks for anybody else.
import { Http, SignalingError } from "./http.js";
import { claimsOf, nameFor } from "./identity.js";
import { complaint } from "./schema.js";

export const OVER = "Your sign-in is over. Please sign in again.";
const WORD = "chat-csrf:"; // under it the word against CSRF is kept, which is worth nothing without the cookies
const LOCK = "chat-session:";

export class Account {
  /**
   * @param {{protocol: object, url: string, signalingUrl: string}} options `url`: where /auth lives
   */
  constructor({ protocol, url, signalingUrl }) {
    this.protocol = protocol;
    this.origin = new URL(url, location.href).origin;
    this.byCookie = [this.origin, new URL(signalingUrl, location.href).origin].every((at) => at === location.origin);
    this.token = null;
    this.id = null; // of who is signed in here
    this.foreign = false; // the cookies are somebody else's by now
    this.told = 0; // how often new credentials came
    this.credentials = "include";
    this.http = new Http({ protocol, url, pass: this.#asked() });
  }

  // -- the pass of whoever is logged in

  headers(method) {
    if (!this.byCookie) return { Authorization: `Bearer ${this.token}` };
    if (this.foreign) throw new SignalingError(OVER, { status: 401 });
    return this.#guarded(method);
  }

  /** Whether there are other credentials than those that were refused. One tab at a time asks for them. */
  async renew(told) {
    return this.#alone(async () => {
      if (told !== this.told) return true;
      if (this.byCookie && (await this.#me())) {
        this.told += 1; // another tab was faster
        return true;
      }
      return !this.foreign && this.#refreshed();
    });
  }

  /** Whether what another tab did to `key` of the storage (null: to all of it) has ended the session of this one. */
  async endedBy(key) {
    if (this.id === null || (key !== null && key !== WORD + this.origin)) return false;
    try {
      const { customerId, csrf } = await this.http.call("me");
      if (this.id === null) return false;
      if (this.#isForeign(customerId)) return true;
      if (this.byCookie) this.kept = csrf;
      return false;
    } catch (error) {
      return error.status === 401 && stored(WORD + this.origin) === null;
    }
  }

  // -- what a person does

  /** Goes on with the session that this browser has. Returns who one is, or null. */
  async resume() {
    const who = await this.#me();
    if (this.byCookie && who !== null) return this.#is(who);
    if (this.#word() === null) return null;
    // Without cookies a token is needed as well, which only a refresh gives.
    const goesOn = async () => (this.byCookie && (await this.#me()) !== null) || this.#refreshed();
    return (await this.#alone(goesOn)) ? this.#is(await this.#me()) : null;
  }

  /** Has a code sent. Returns for how many seconds it is good; throws SignalingError. */
  async requestCode(email) {
    return (await this.http.call("requestOtp", { fields: { email } })).expiresIn;
  }

  /** Logs in. Returns who one is; throws SignalingError. */
  async verify(email, otp) {
    const body = await this.http.call("verifyOtp", { fields: { email, otp } });
    this.#is(null);
    this.#signedIn(body);
    return this.#is((await this.#me()) ?? this.#named(body.customerId, null));
  }

  /** Ends the session here and on the server. Throws SignalingError where it goes on there. */
  async signOut() {
    if (!this.foreign) await this.#alone(() => this.#loggedOut());
    if (this.foreign) this.kept = null;
    else this.#keep(null);
    this.token = null;
    this.#is(null);
  }

  // -- inside

  /** The pass of the operations of /auth, which live by cookies where they can, and are never renewed. */
  #asked() {
    const bearer = () => (this.token === null || this.byCookie ? {} : { Authorization: `Bearer ${this.token}` });
    const headers = (method) => ({ ...this.#guarded(method), ...bearer() });
    return { headers, credentials: "include", token: null, told: null, renew: async () => false };
  }

  #guarded(method) {
    const word = method === "GET" ? null : this.#word();
    return word === null ? {} : { [this.protocol.names.csrf_header]: word };
  }

  #is(who) {
    this.id = who?.id ?? null;
    this.foreign = false;
    return who;
  }

  /** Whether this is not who is signed in here. */
  #isForeign(id) {
    if (this.id === null || id === this.id) return false;
    this.foreign = true;
    return true;
  }

  async #me() {
    try {
      const { customerId, displayName, csrf } = await this.http.call("me");
      if (this.#isForeign(customerId)) return null;
      this.#keep(csrf);
      return this.#named(customerId, displayName);
    } catch {
      return null;
    }
  }

  async #refreshed() {
    try {
      await this.#refresh();
      return true;
    } catch {
      return false;
    }
  }

  async #refresh() {
    const body = await this.http.call("refresh");
    if (this.#isForeign(body.customerId)) throw new SignalingError(OVER, { status: 401 });
    this.#signedIn(body);
  }

  /** Without an access token there may still be a session: it takes a new one to end that. */
  async #loggedOut() {
    const unlessOver = (error) => {
      if (error.status !== 401) throw error;
    };
    try {
      await this.http.call("logout");
    } catch (error) {
      unlessOver(error);
      await this.#refresh().then(() => this.http.call("logout")).catch(unlessOver);
    }
  }

  #signedIn(body) {
    this.token = this.byCookie ? null : body.access_token;
    this.told += 1;
    this.#keep(claimsOf(body.access_token)?.csrf ?? null);
  }

  #named(id, name) {
    if (complaint(this.protocol.words.UserId, id) !== null) return null;
    return { id, name: nameFor([name, id], this.protocol) };
  }

  /** Does it while no other tab of this site does. */
  #alone(action) {
    return navigator.locks ? navigator.locks.request(LOCK + this.origin, action) : action();
  }

  /**
   * The word to the cookies. Who is signed in by them has a word of one's own: to the cookies of somebody else, whose
   * word is the one that all tabs see, it does not fit.
   */
  #word() {
    return this.byCookie && this.id !== null ? this.kept : (stored(WORD + this.origin) ?? this.kept ?? null);
  }

  #keep(word) {
    this.kept = word;
    try {
      if (word === null) localStorage.removeItem(WORD + this.origin);
      else localStorage.setItem(WORD + this.origin, word);
    } catch {
      // It ends with the page then.
    }
  }
}

function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage may be forbidden
  }
}
