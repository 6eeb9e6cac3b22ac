// Passes: who asks, as the headers of a request. One of a token that the page brought; account.js has the other.
//
// A pass has `headers(method)`, `credentials` (fetch's word for cookies), `token` (what sealed answers are opened
// with), `told` (which credentials it has now) and `renew(told)`: whether those are others than the ones told, by now.

/** A bearer token of the page's. */
export class TokenPass {
  credentials = "omit";

  constructor(token) {
    this.token = this.told = token;
  }

  headers() {
    return { Authorization: `Bearer ${this.token}` };
  }

  /** Whoever brought it brings the next one as well. */
  async renew() {
    return false;
  }
}
