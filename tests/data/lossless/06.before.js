const LIMIT = 20;

/** Shows the newest messages first. */
function render(messages, list) {
  list.replaceChildren();
  for (const message of messages.slice(-LIMIT).reverse()) {
    const item = document.createElement("li");
    item.textContent = `${message.author}: ${message.text}`;
    list.append(item);
  }
}

async function refresh(list) {
  const response = await fetch("/messages");
  render(await response.json(), list);
}

module.exports = { render, refresh };
