// Package fwtypes holds the validators and plan modifiers that several attributes and function parameters share: one
// rule, one place, one message.
package fwtypes
