--- A small window in the lower right corner, one line for each run; nothing is shown while it is empty.

local M = {}

---@type table<string, string>
local lines = {}
---@type string[]
local order = {}
---@type integer?
local buffer
---@type integer?
local window

local function close()
  if window and vim.api.nvim_win_is_valid(window) then
    vim.api.nvim_win_close(window, true)
  end
  window = nil
end

local function draw()
  local texts = vim.tbl_map(function(name)
    return ' ' .. lines[name] .. ' '
  end, order)
  if #texts == 0 then
    return close()
  end
  if not (buffer and vim.api.nvim_buf_is_valid(buffer)) then
    buffer = vim.api.nvim_create_buf(false, true)
  end
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, texts)
  local width = math.max(unpack(vim.tbl_map(vim.fn.strdisplaywidth, texts)))
  local place = {
    relative = 'editor',
    anchor = 'SE',
    -- Above the status line and the command line.
    row = math.max(vim.o.lines - vim.o.cmdheight - 1, 1),
    col = vim.o.columns,
    width = math.max(math.min(width, vim.o.columns), 1),
    height = #texts,
    style = 'minimal',
    border = 'none',
    focusable = false,
    zindex = 45,
  }
  if window and vim.api.nvim_win_is_valid(window) then
    vim.api.nvim_win_set_config(window, place)
    return
  end
  place.noautocmd = true
  window = vim.api.nvim_open_win(buffer, false, place)
  vim.wo[window].winhighlight = 'Normal:FastApplyProgress'
end

--- No window can be opened at some moments, such as in the command-line window; then nothing is shown.
local function try_to_draw()
  pcall(draw)
end

--- Shows a line for a run instead of the one it had.
---@param name string
---@param text string
function M.show(name, text)
  if not lines[name] then
    table.insert(order, name)
  end
  lines[name] = text
  try_to_draw()
end

--- Takes the line of a run away after some milliseconds, unless it gets a new one until then.
---@param name string
---@param delay integer
function M.hide(name, delay)
  local shown = lines[name]
  vim.defer_fn(function()
    if not shown or lines[name] ~= shown then
      return
    end
    lines[name] = nil
    order = vim.tbl_filter(function(other)
      return other ~= name
    end, order)
    try_to_draw()
  end, delay)
end

return M
