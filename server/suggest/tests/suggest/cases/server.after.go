package server

import (
	"fmt"
	"log"
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
	start := time.Now()
	s.mux.ServeHTTP(w, r)
	if took := time.Since(start); took > limit {
		log.Printf("%s took %s", r.URL.Path, took)
	}
}

func (s *Server) handle(path string, handler http.HandlerFunc) {
	s.mux.HandleFunc(path, handler)
}

func (s *Server) String() string {
	return fmt.Sprintf("server %s", s.name)
}
