// Package port is a client for the harbour master's service.
package port

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ErrNotFound says that the service knows no such thing.
var ErrNotFound = errors.New("port: not found")

// Client talks to one service. It is safe for concurrent use.
type Client struct {
	base   *url.URL
	token  string
	http   *http.Client
	tries  int
	pause  time.Duration
	agent  string
}

// Option changes how a client works.
type Option func(*Client)

// WithToken sends a token with every request.
func WithToken(token string) Option {
	return func(c *Client) { c.token = token }
}

// WithTries sets how often a request is tried.
func WithTries(tries int) Option {
	return func(c *Client) { c.tries = tries }
}

// New returns a client for the service at base.
func New(base string, options ...Option) (*Client, error) {
	parsed, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("port: %w", err)
	}
	client := &Client{
		base:  parsed,
		http:  &http.Client{Timeout: 10 * time.Second},
		tries: 3,
		pause: 200 * time.Millisecond,
		agent: "port-client/1",
	}
	for _, option := range options {
		option(client)
	}
	return client, nil
}

// Page says which part of a list is wanted.
type Page struct {
	Offset int
	Limit  int
}

func (p Page) query() url.Values {
	values := url.Values{}
	if p.Offset > 0 {
		values.Set("offset", strconv.Itoa(p.Offset))
	}
	if p.Limit > 0 {
		values.Set("limit", strconv.Itoa(p.Limit))
	}
	return values
}

func (c *Client) do(ctx context.Context, method, path string, query url.Values, body, result any) error {
	var payload []byte
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("port: %w", err)
		}
		payload = encoded
	}
	target := c.base.JoinPath(path)
	target.RawQuery = query.Encode()
	var last error
	for try := 0; try < c.tries; try++ {
		if try > 0 {
			time.Sleep(c.pause)
		}
		request, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(payload))
		if err != nil {
			return fmt.Errorf("port: %w", err)
		}
		request.Header.Set("User-Agent", c.agent)
		if c.token != "" {
			request.Header.Set("Authorization", "Bearer "+c.token)
		}
		response, err := c.http.Do(request)
		if err != nil {
			last = err
			continue
		}
		last = read(response, result)
		if response.StatusCode < 500 {
			return last
		}
	}
	return fmt.Errorf("port: gave up after %d tries: %w", c.tries, last)
}

func read(response *http.Response, result any) error {
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotFound:
		return ErrNotFound
	case response.StatusCode >= 400:
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
		return fmt.Errorf("port: %s: %s", response.Status, text)
	case result == nil:
		return nil
	}
	return json.NewDecoder(response.Body).Decode(result)
}

// Harbour is one of the harbours.
type Harbour struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Country   string  `json:"country"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Harbours lists a part of the harbours.
func (c *Client) Harbours(ctx context.Context, page Page) ([]Harbour, error) {
	var result []Harbour
	err := c.do(ctx, http.MethodGet, "/harbours", page.query(), nil, &result)
	return result, err
}

// Harbour returns one of the harbours.
func (c *Client) Harbour(ctx context.Context, id string) (Harbour, error) {
	var result Harbour
	err := c.do(ctx, http.MethodGet, "/harbours/"+id, nil, nil, &result)
	return result, err
}

// CreateHarbour adds to the harbours and returns what was stored.
func (c *Client) CreateHarbour(ctx context.Context, h Harbour) (Harbour, error) {
	var result Harbour
	err := c.do(ctx, http.MethodPost, "/harbours", nil, h, &result)
	return result, err
}

// DeleteHarbour takes one out of the harbours.
func (c *Client) DeleteHarbour(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/harbours/"+id, nil, nil, nil)
}

// Vessel is one of the vessels.
type Vessel struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Callsign string  `json:"callsign"`
	Draught  float64 `json:"draught"`
}

// Vessels lists a part of the vessels.
func (c *Client) Vessels(ctx context.Context, page Page) ([]Vessel, error) {
	var result []Vessel
	err := c.do(ctx, http.MethodGet, "/vessels", page.query(), nil, &result)
	return result, err
}

// Vessel returns one of the vessels.
func (c *Client) Vessel(ctx context.Context, id string) (Vessel, error) {
	var result Vessel
	err := c.do(ctx, http.MethodGet, "/vessels/"+id, nil, nil, &result)
	return result, err
}

// CreateVessel adds to the vessels and returns what was stored.
func (c *Client) CreateVessel(ctx context.Context, v Vessel) (Vessel, error) {
	var result Vessel
	err := c.do(ctx, http.MethodPost, "/vessels", nil, v, &result)
	return result, err
}

// DeleteVessel takes one out of the vessels.
func (c *Client) DeleteVessel(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/vessels/"+id, nil, nil, nil)
}

// Berth is one of the berths.
type Berth struct {
	ID        string  `json:"id"`
	HarbourID string  `json:"harbour_id"`
	Length    float64 `json:"length"`
	Depth     float64 `json:"depth"`
}

// Berths lists a part of the berths.
func (c *Client) Berths(ctx context.Context, page Page) ([]Berth, error) {
	var result []Berth
	err := c.do(ctx, http.MethodGet, "/berths", page.query(), nil, &result)
	return result, err
}

// Berth returns one of the berths.
func (c *Client) Berth(ctx context.Context, id string) (Berth, error) {
	var result Berth
	err := c.do(ctx, http.MethodGet, "/berths/"+id, nil, nil, &result)
	return result, err
}

// CreateBerth adds to the berths and returns what was stored.
func (c *Client) CreateBerth(ctx context.Context, b Berth) (Berth, error) {
	var result Berth
	err := c.do(ctx, http.MethodPost, "/berths", nil, b, &result)
	return result, err
}

// DeleteBerth takes one out of the berths.
func (c *Client) DeleteBerth(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/berths/"+id, nil, nil, nil)
}

// Pilot is one of the pilots.
type Pilot struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Licence   string   `json:"licence"`
	Languages []string `json:"languages"`
}

// Pilots lists a part of the pilots.
func (c *Client) Pilots(ctx context.Context, page Page) ([]Pilot, error) {
	var result []Pilot
	err := c.do(ctx, http.MethodGet, "/pilots", page.query(), nil, &result)
	return result, err
}

// Pilot returns one of the pilots.
func (c *Client) Pilot(ctx context.Context, id string) (Pilot, error) {
	var result Pilot
	err := c.do(ctx, http.MethodGet, "/pilots/"+id, nil, nil, &result)
	return result, err
}

// CreatePilot adds to the pilots and returns what was stored.
func (c *Client) CreatePilot(ctx context.Context, p Pilot) (Pilot, error) {
	var result Pilot
	err := c.do(ctx, http.MethodPost, "/pilots", nil, p, &result)
	return result, err
}

// DeletePilot takes one out of the pilots.
func (c *Client) DeletePilot(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/pilots/"+id, nil, nil, nil)
}

// Booking is one of the bookings.
type Booking struct {
	ID       string    `json:"id"`
	VesselID string    `json:"vessel_id"`
	BerthID  string    `json:"berth_id"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
}

// Bookings lists a part of the bookings.
func (c *Client) Bookings(ctx context.Context, page Page) ([]Booking, error) {
	var result []Booking
	err := c.do(ctx, http.MethodGet, "/bookings", page.query(), nil, &result)
	return result, err
}

// Booking returns one of the bookings.
func (c *Client) Booking(ctx context.Context, id string) (Booking, error) {
	var result Booking
	err := c.do(ctx, http.MethodGet, "/bookings/"+id, nil, nil, &result)
	return result, err
}

// CreateBooking adds to the bookings and returns what was stored.
func (c *Client) CreateBooking(ctx context.Context, b Booking) (Booking, error) {
	var result Booking
	err := c.do(ctx, http.MethodPost, "/bookings", nil, b, &result)
	return result, err
}

// DeleteBooking takes one out of the bookings.
func (c *Client) DeleteBooking(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/bookings/"+id, nil, nil, nil)
}

// Invoice is one of the invoices.
type Invoice struct {
	ID        string `json:"id"`
	BookingID string `json:"booking_id"`
	Cents     int64  `json:"cents"`
	Paid      bool   `json:"paid"`
}

// Invoices lists a part of the invoices.
func (c *Client) Invoices(ctx context.Context, page Page) ([]Invoice, error) {
	var result []Invoice
	err := c.do(ctx, http.MethodGet, "/invoices", page.query(), nil, &result)
	return result, err
}

// Invoice returns one of the invoices.
func (c *Client) Invoice(ctx context.Context, id string) (Invoice, error) {
	var result Invoice
	err := c.do(ctx, http.MethodGet, "/invoices/"+id, nil, nil, &result)
	return result, err
}

// CreateInvoice adds to the invoices and returns what was stored.
func (c *Client) CreateInvoice(ctx context.Context, i Invoice) (Invoice, error) {
	var result Invoice
	err := c.do(ctx, http.MethodPost, "/invoices", nil, i, &result)
	return result, err
}

// DeleteInvoice takes one out of the invoices.
func (c *Client) DeleteInvoice(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/invoices/"+id, nil, nil, nil)
}

// Occupied says whether a berth is booked at some moment.
func (c *Client) Occupied(ctx context.Context, berth string, at time.Time) (bool, error) {
	bookings, err := c.Bookings(ctx, Page{})
	if err != nil {
		return false, err
	}
	for _, booking := range bookings {
		if booking.BerthID == berth && !at.Before(booking.From) && at.Before(booking.Until) {
			return true, nil
		}
	}
	return false, nil
}

// Outstanding sums up what is not paid yet, in cents.
func (c *Client) Outstanding(ctx context.Context) (int64, error) {
	invoices, err := c.Invoices(ctx, Page{})
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, invoice := range invoices {
		if !invoice.Paid {
			sum += invoice.Cents
		}
	}
	return sum, nil
}
