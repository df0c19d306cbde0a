package storage

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"syscall"

	"github.com/uptrace/bun/driver/pgdriver"
)

// alive looks at the socket of an idle connection without reading: an end of file, or bytes nobody asked for (the
// server's farewell), mean that it is dead, and database/sql takes another.
func alive(_ context.Context, cn *pgdriver.Conn) error {
	nc := cn.Conn()
	if t, ok := nc.(interface{ NetConn() net.Conn }); ok { // TLS: look below it
		nc = t.NetConn()
	}
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return driver.ErrBadConn
	}
	dead := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		dead = !errors.Is(err, syscall.EAGAIN)
		return true
	})
	if err != nil || dead {
		return driver.ErrBadConn
	}
	return nil
}
