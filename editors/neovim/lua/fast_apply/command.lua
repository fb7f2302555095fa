--- What the user commands do.

local M = {}

local NAME = 'fast_apply'

---@param text string
local function complain(text)
  vim.notify('fast-apply: ' .. text, vim.log.levels.ERROR)
end

--- Sends a command to the server of the current buffer.
---@param command string
---@param argument table what it takes beside the document
local function send(command, argument)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = vim.lsp.get_clients({ bufnr = bufnr, name = NAME })[1]
  if not client then
    return complain('no server for this buffer; `:checkhealth fast_apply` says why')
  end
  local arguments = vim.tbl_extend('error', { uri = vim.uri_from_bufnr(bufnr) }, argument)
  client:request(
    'workspace/executeCommand',
    { command = command, arguments = { arguments } },
    function(err)
      if err then
        complain(err.message)
      end
    end,
    bufnr
  )
end

--- `:FastApply`: the selected lines, a register, or what is pending.
---@param arguments vim.api.keyset.create_user_command.command_args
function M.apply(arguments)
  local argument = { version = vim.lsp.util.buf_versions[vim.api.nvim_get_current_buf()] }
  if arguments.reg ~= '' then
    if arguments.range > 0 then
      return complain('a range or a register, not both')
    end
    local text = vim.fn.getreg(arguments.reg)
    if vim.trim(text) == '' then
      return complain(("register %s is empty: copy the chat model's answer first"):format(arguments.reg))
    end
    argument.suggestion = { text = text }
  elseif arguments.range > 0 then
    argument.range = {
      start = { line = arguments.line1 - 1, character = 0 },
      -- Beyond the end of a line means its end.
      ['end'] = { line = arguments.line2 - 1, character = vim.v.maxcol },
    }
  end
  send('fastApply.apply', argument)
end

--- `:FastApplyCancel`: stops and puts everything back.
function M.cancel()
  send('fastApply.cancel', vim.empty_dict())
end

--- `:FastApplyUndo`: takes a finished edit back, but not what was typed since.
function M.undo()
  send('fastApply.undo', vim.empty_dict())
end

return M
