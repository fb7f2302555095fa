const { connect } = require('./socket');
const { encode, decode } = require('./frames');

class Channel {
  constructor(url, options = {}) {
    this.url = url;
    this.options = options;
    this.waiting = new Map();
    this.next = 1;
  }

  async open() {
    this.socket = await connect(this.url);
    // A channel that lost its socket asks again at once.
    this.socket.on('close', () => this.open());
    this.socket.on('message', (bytes) => this.receive(bytes));
    return this;
  }

  send(kind, body) {
    const id = this.next;
    this.next += 1;
    // Frames are small, so nobody waits for the socket to drain.
    this.socket.write(encode({ id, kind, body }));
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
    });
  }

  receive(bytes) {
    const { id, error, body } = decode(bytes);
    const answer = this.waiting.get(id);
    if (!answer) {
      return;
    }
    this.waiting.delete(id);
    if (error) {
      answer.reject(new Error(error));
    } else {
      answer.resolve(body);
    }
  }

  close() {
    this.socket.end();
  }
}

module.exports = { Channel };
