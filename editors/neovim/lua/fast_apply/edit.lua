--- Applies the server's edits: only onto the text they were made for, and all of one run as one undo step.
---
--- Neovim's own handler applies an edit for a newer version than the buffer's, never checks version 0 (every fresh
--- buffer's), drops an edit for an older one, and says that it was applied in each case.

local M = {}

--- Buffer -> the changedtick that our last edit of a run has left behind.
---@type table<integer, integer>
local left_behind = {}

--- The version of a buffer as the server knows it.
---@param bufnr integer
---@return integer
local function version_of(bufnr)
  return vim.lsp.util.buf_versions[bufnr]
end

--- Handles `workspace/applyEdit`.
function M.apply(err, params, ctx)
  local bufnr
  for _, change in ipairs(params.edit.documentChanges or {}) do
    local document = change.textDocument
    if document then
      bufnr = vim.uri_to_bufnr(document.uri)
      if type(document.version) == 'number' and version_of(bufnr) ~= document.version then
        return { applied = false, failureReason = 'the document has changed' }
      end
      if not vim.bo[bufnr].modifiable then
        return { applied = false, failureReason = "the buffer is not 'modifiable'" }
      end
    end
  end
  -- The user has changed nothing since our last edit, so that this one belongs to the same undo step.
  if bufnr and left_behind[bufnr] == vim.api.nvim_buf_get_changedtick(bufnr) then
    vim.api.nvim_buf_call(bufnr, function()
      -- Fails after an undo, where there is nothing to join.
      pcall(vim.cmd.undojoin)
    end)
  end
  local reply = vim.lsp.handlers['workspace/applyEdit'](err, params, ctx)
  if bufnr then
    left_behind[bufnr] = vim.api.nvim_buf_get_changedtick(bufnr)
  end
  return reply
end

--- Makes the next edit of a buffer an undo step of its own.
---@param bufnr integer
function M.begin_undo_step(bufnr)
  left_behind[bufnr] = nil
end

return M
