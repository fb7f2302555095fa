package server

import (
	"fmt"
	"net/http"
	"time"
)

const limit = 5 * time.Second

// Server answers requests.
type Server struct {
	mux  *http.ServeMux
	name string
}

// New makes a server.
func New(name string) *Server {
	return &Server{mux: http.NewServeMux(), name: name}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", s.name)
	s.mux.ServeHTTP(w, r)
}

func (s *Server) handle(path string, handler http.HandlerFunc) {
	s.mux.HandleFunc(path, handler)
}

func (s *Server) String() string {
	return fmt.Sprintf("server %s", s.name)
}
