---@brief
---
--- Fast Apply merges the edit that a chat model suggests into the open file, with a Llama model on your own machine.
--- See `:help fast-apply`.

local edit = require('fast_apply.edit')
local session = require('fast_apply.session')
local workspace = require('fast_apply.workspace')

---@type vim.lsp.Config
return {
  cmd = { 'fast-apply', 'lsp' },
  root_markers = { '.git' },
  -- The server waits to see each edit in the buffer before it sends the next; the default is one in 150 ms.
  flags = { debounce_text_changes = 0 },
  capabilities = {
    experimental = { fastApply = { events = true, groupedUndo = true } },
  },
  handlers = {
    ['workspace/applyEdit'] = edit.apply,
    ['fastApply/event'] = session.on_event,
  },
  -- One server holds one model, however many projects are open.
  reuse_client = workspace.reuse,
  on_init = session.on_init,
  on_exit = session.on_exit,
}
