--- Shows what the server does: how far it is, what it has changed, and what it has to say.

local display = require('fast_apply.display')
local edit = require('fast_apply.edit')

local M = {}

local namespace = vim.api.nvim_create_namespace('fast_apply')

--- How long the last line of a run is shown, in milliseconds.
local AFTERGLOW = 4000

--- How long it is shown that a server has ended in the middle of a run.
local LAST_WORDS = 15000

--- A server that dies again within this time, in milliseconds, stays down.
local RESTART_PAUSE = 10000
---@type integer?
local restarted_at

local levels = {
  refused = vim.log.levels.WARN,
  stopped = vim.log.levels.WARN,
  unconfirmed = vim.log.levels.WARN,
}

local endings = {
  finished = 'applied',
  cancelled = 'put back',
  refused = 'refused',
  stopped = 'stopped',
  unconfirmed = 'not confirmed',
}

--- Sessions of each client that run, by what they are displayed as.
---@type table<integer, table<string, integer>>
local running = {}

--- Highlights the changes that are in the buffer.
---@param bufnr integer
---@param hunks table[]
local function mark(bufnr, hunks)
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  for _, hunk in ipairs(hunks) do
    if hunk.landed then
      vim.api.nvim_buf_set_extmark(bufnr, namespace, hunk.range.start.line, 0, {
        end_row = hunk.range['end'].line,
        end_col = 0,
        hl_group = 'FastApplyChange',
        hl_eol = true,
        strict = false,
      })
    end
  end
end

--- Takes the highlights away once the user goes on working.
---@param bufnr integer
local function unmark_after_change(bufnr)
  local tick = vim.api.nvim_buf_get_changedtick(bufnr)
  vim.api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI', 'BufWritePost' }, {
    group = vim.api.nvim_create_augroup('fast_apply_marks_' .. bufnr, {}),
    buffer = bufnr,
    callback = function(event)
      if event.event ~= 'BufWritePost' and vim.api.nvim_buf_get_changedtick(bufnr) == tick then
        return false
      end
      vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
      return true
    end,
  })
end

--- One line that says how far a run is.
---@param event table
---@return string
local function describe(event)
  local parts = { ('%s: %s'):format(
    vim.fs.basename(vim.uri_to_fname(event.uri)),
    endings[event.phase] or ('%d %%'):format(event.percent or 0)
  ) }
  local hunks = event.hunks or {}
  if #hunks > 0 then
    local landed = vim.iter(hunks):fold(0, function(count, hunk)
      return count + (hunk.landed and 1 or 0)
    end)
    table.insert(parts, ('%d of %d changes'):format(landed, #hunks))
  end
  local stats = event.stats
  if type(stats) == 'table' and type(stats.tokens_per_s) == 'number' then
    table.insert(parts, ('%.0f tokens/s'):format(stats.tokens_per_s))
  end
  return table.concat(parts, ', ')
end

--- Handles `fastApply/event`.
function M.on_event(_, event, ctx)
  local bufnr = vim.uri_to_bufnr(event.uri)
  local name = ('%d/%s'):format(ctx.client_id, event.session)
  local is_over = endings[event.phase] ~= nil
  if event.phase == 'started' or is_over then
    edit.begin_undo_step(bufnr)
  end
  running[ctx.client_id] = running[ctx.client_id] or {}
  running[ctx.client_id][name] = not is_over and bufnr or nil
  if vim.api.nvim_buf_is_loaded(bufnr) then
    mark(bufnr, event.hunks or {})
    if is_over then
      unmark_after_change(bufnr)
    end
  end
  display.show(name, describe(event))
  if is_over then
    display.hide(name, AFTERGLOW)
    if type(event.message) == 'string' and event.message ~= '' then
      vim.notify('fast-apply: ' .. event.message, levels[event.phase] or vim.log.levels.INFO)
    end
  end
end

--- Shows `$/progress` of the server, which it only sends for what has no event: a download.
---@param client vim.lsp.Client
---@param params table
function M.on_progress(client, params)
  local value = params.value
  local name = ('%d/%s'):format(client.id, params.token)
  if type(value) ~= 'table' then
    return
  end
  if value.kind == 'end' then
    return display.hide(name, 0)
  end
  local parts = { value.title, value.message, value.percentage and value.percentage .. ' %' }
  display.show(name, table.concat(vim.iter({ parts[1], parts[2], parts[3] }):totable(), ' '))
end

--- Makes the hint that a suggestion is pending readable in the buffer.
---@param client vim.lsp.Client
function M.on_init(client)
  local hints = vim.lsp.diagnostic.get_namespace(client.id)
  vim.diagnostic.config({ virtual_text = true, signs = false, underline = false }, hints)
end

--- Starts a server that has died again, unless it just was.
---@param name string
---@return boolean whether it was started
local function restart(name)
  local now = vim.uv.now()
  local is_wanted = not vim.lsp.is_enabled or vim.lsp.is_enabled(name)
  if not is_wanted or (restarted_at and now - restarted_at < RESTART_PAUSE) then
    return false
  end
  restarted_at = now
  vim.lsp.enable(name)
  return true
end

--- Takes down whatever a server that is gone was doing, and starts another if it did not mean to end.
---
--- At once: Neovim 0.11 stops watching a buffer for good if it changes while it has no server, and then tells later
--- servers nothing of its changes.
function M.on_exit(code, signal, client_id)
  local left = running[client_id] or {}
  running[client_id] = nil
  vim.schedule(function()
    if vim.v.exiting ~= vim.NIL then
      return
    end
    local has_died = code ~= 0 or signal ~= 0
    local next_step = has_died and restart('fast_apply') and 'and was started again' or '`:edit` starts it again'
    for name, bufnr in pairs(left) do
      -- Neovim itself says that the server is gone, and where the log is; a second message would hide that.
      display.show(name, 'the server has ended, ' .. next_step .. '; `u` takes back what it wrote')
      display.hide(name, LAST_WORDS)
      edit.begin_undo_step(bufnr)
      if vim.api.nvim_buf_is_valid(bufnr) then
        vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
      end
    end
  end)
end

return M
